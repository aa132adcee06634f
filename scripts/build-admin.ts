/**
 * `npm run build-admin`: builds the operators' page (public/admin/) from its source (admin/). The
 * result is committed, so that deploys and tests need no build step. `-- --check` writes nothing
 * and fails if the result is out of date.
 */
import { buildSync } from 'esbuild'
import { writeOrCheck } from './made-file.ts'

const path = (name: string) => new URL(`../${name}`, import.meta.url).pathname

const { outputFiles } = buildSync({
  entryPoints: { admin: path('admin/main.tsx'), start: path('admin/start.ts') },
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
