/**
 * `npm run build-admin`: makes the operators' page (public/admin/) from its source (admin/). The result is kept with the
 * source, so that a deploy and every test find it without a step before. `-- --check` writes nothing and fails where the two
 * do not agree.
 */
import { buildSync } from 'esbuild'
import { writeOrCheck } from './made-file.ts'

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
for (const { path: file, text } of outputFiles) writeOrCheck(file, text, 'npm run build-admin')
