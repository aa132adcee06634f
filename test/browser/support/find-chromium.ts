/**
 * A Chromium that starts on this machine: the one named, the machine's own, else the one that the
 * npm package `@sparticuz/chromium` carries, unpacked into the project's ignored folder. So `npm
 * test` needs nothing installed by hand.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'

export interface FoundChromium {
  readonly path: string
  /** Folder of libraries that the machine may lack, null where it needs none of ours. */
  readonly libraries: string | null
}

/**
 * Not `chromium-browser`: where it is there, it is often a stand-in that only says what to install.
 */
const INSTALLED = [
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]
const UNPACK = resolve(import.meta.dirname, 'unpack-chromium.mjs')
const UNPACK_TIMEOUT_MS = 120_000

/**
 * `BROWSER_TESTS_CHROMIUM` names the program to run, or is `packaged`: the npm package's, whatever
 * the machine has.
 *
 * @throws Error with the remedy where there is none for this machine
 */
export async function findChromium(cache: string): Promise<FoundChromium> {
  const named = process.env.BROWSER_TESTS_CHROMIUM ?? ''
  if (named !== '' && named !== 'packaged') {
    if (!existsSync(named)) throw new Error(`BROWSER_TESTS_CHROMIUM: there is no ${named}`)
    return { path: named, libraries: null }
  }
  const installed = INSTALLED.find(existsSync)
  if (named === '' && installed !== undefined) return { path: installed, libraries: null }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `No Chromium for the browser tests: the npm package has none for ${process.platform} ${process.arch}. ` +
        'Install Chromium or Chrome, or name one: BROWSER_TESTS_CHROMIUM=/path/to/chromium',
    )
  }
  return packagedChromium(cache)
}

async function packagedChromium(cache: string): Promise<FoundChromium> {
  const home = dirname(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')))
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string }
  const folder = join(cache, `chromium-${version}`)
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true })
    // Unpacked aside and then moved: a run that is stopped, or another one at once, leaves no half
    // of a browser.
    const aside = mkdtempSync(join(cache, 'unpacking-'))
    await promisify(execFile)(process.execPath, [UNPACK, join(home, 'bin')], {
      timeout: UNPACK_TIMEOUT_MS,
      env: { ...process.env, TMPDIR: aside },
    })
    moveUnlessThere(aside, folder)
  }
  return { path: join(folder, 'chromium'), libraries: join(folder, 'al2023/lib') }
}

/** Makes a finished folder the one in use; where another run was faster, that one's stays. */
export function moveUnlessThere(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (!existsSync(to)) throw error
    rmSync(from, { recursive: true, force: true })
  }
}
