/**
 * `npm run minify`: builds the beacon, the script of the check page, and the waiting page's script
 * and style, from client/ into public/. The results are checked in, so that a deploy, a test or the
 * demo needs no build. `-- --check` writes nothing, and fails if a result is out of date.
 */
import { resolve } from 'node:path'
import { type BuildOptions, build } from 'esbuild'
import { writeOrCheck } from './made-file.ts'

interface Served {
  readonly source: string
  readonly served: string
  readonly options: BuildOptions
}

const PROJECT = resolve(import.meta.dirname, '..')
const PAGE: BuildOptions = { bundle: true, format: 'iife', target: ['chrome105', 'firefox105', 'safari15.4'] }
const ALL: readonly Served[] = [
  { source: 'client/beacon/heartbeat.js', served: 'public/heartbeat.min.js', options: { target: 'es2021' } },
  { source: 'client/page/main.ts', served: 'public/waiting-room.min.js', options: PAGE },
  { source: 'client/check/main.ts', served: 'public/check.min.js', options: PAGE },
  { source: 'client/page/page.css', served: 'public/waiting-room.min.css', options: PAGE },
]

for (const { source, served, options } of ALL) {
  const made = await build({
    absWorkingDir: PROJECT,
    entryPoints: [source],
    charset: 'utf8',
    legalComments: 'none',
    tsconfigRaw: {},
    minify: true,
    write: false,
    ...options,
  })
  const text = made.outputFiles?.[0]?.text ?? ''
  writeOrCheck(resolve(PROJECT, served), text, 'npm run minify')
}
