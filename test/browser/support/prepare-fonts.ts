/**
 * Provides glyphs for every language of the pages, whatever the machine has: the Noto fonts of the
 * npm packages as files for Chromium, and a fontconfig file that lists only these. So screenshots
 * look alike everywhere.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import wawoff2 from 'wawoff2'
import { moveUnlessThere } from './find-chromium.ts'

/**
 * The packages, and the languages whose letter shapes each one has. The fonts are split into many
 * small files, none of which covers a language in the view of fontconfig. The language is therefore
 * explicit, otherwise all Chinese would have Japanese shapes.
 */
const PACKAGES = {
  'noto-sans': ['en', 'hi'],
  'noto-sans-arabic': ['ar'],
  'noto-sans-jp': ['ja'],
  'noto-sans-kr': ['ko'],
  'noto-sans-sc': ['zh-cn'],
  'noto-sans-tc': ['zh-tw'],
} as const

/**
 * Returns the path of the fontconfig file. The work takes about a second, once per version of the
 * packages.
 */
export async function prepareFonts(cache: string): Promise<string> {
  const homes = Object.keys(PACKAGES).map((name) => {
    const manifest = createRequire(import.meta.url).resolve(`@fontsource-variable/${name}/package.json`)
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
    return { name, version, files: join(dirname(manifest), 'files') }
  })
  const folder = join(cache, `fonts-${homes.map(({ version }) => version).join('-')}`)
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true })
    const aside = mkdtempSync(join(cache, 'fonts-aside-'))
    for (const { name, files } of homes) await unpack(files, join(aside, name))
    writeFileSync(join(aside, 'fonts.conf'), configuration(folder))
    moveUnlessThere(aside, folder)
  }
  return join(folder, 'fonts.conf')
}

/** Chromium reads no web fonts (WOFF2) from the system, only their content. */
async function unpack(from: string, to: string): Promise<void> {
  mkdirSync(to)
  for (const name of readdirSync(from).filter((file) => file.endsWith('-wght-normal.woff2'))) {
    writeFileSync(join(to, name.replace('.woff2', '.ttf')), await wawoff2.decompress(readFileSync(join(from, name))))
  }
}

function configuration(folder: string): string {
  const languages = Object.entries(PACKAGES).map(
    ([name, tags]) => `<match target="scan">
  <test name="file" compare="contains"><string>/${name}/</string></test>
  <edit name="lang" mode="assign"><langset>${tags.map((tag) => `<string>${tag}</string>`).join('')}</langset></edit>
</match>`,
  )
  const generic = ['sans-serif', 'serif', 'monospace', 'system-ui'].map(
    (family) => `<alias binding="same"><family>${family}</family><prefer><family>Noto Sans</family></prefer></alias>`,
  )
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
<dir>${folder}</dir>
<cachedir>${folder}/cache</cachedir>
${[...languages, ...generic].join('\n')}
</fontconfig>
`
}
