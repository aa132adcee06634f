/**
 * `npm run build-admin`: makes the operators' page (public/admin/) from its source (admin/). The result is kept with the
 * source, so that a deploy and every test find it without a step before. `-- --check` writes nothing and fails where the two
 * do not agree.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { buildSync } from 'esbuild'

const path = (name: string) => new URL(`../${name}`, import.meta.url).pathname

const { outputFiles } = buildSync({
  entryPoints: { admin: path('admin/main.tsx') },
  outdir: path('public/admin'),
  bundle: true,
  minify: true,
  write: false,
  format: 'iife',
  target: 'es2022',
  charset: 'utf8',
  jsx: 'automatic',
  jsxImportSource: 'hono/jsx/dom',
  tsconfigRaw: {},
  entryNames: '[name].min',
})
for (const file of outputFiles) {
  if (!process.argv.includes('--check')) {
    writeFileSync(file.path, file.contents)
  } else if (!existsSync(file.path) || readFileSync(file.path, 'utf8') !== file.text) {
    console.error(`public/admin/${basename(file.path)} is not what admin/ makes. Run: npm run build-admin`)
    process.exit(1)
  }
}
