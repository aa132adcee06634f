/**
 * `npm run minify`: builds the beacon, the script of the check page, and the waiting page's scripts
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

/** The oldest browsers that the scripts run in: docs/waiting-page.md, "Browsers". */
const FLOOR: BuildOptions = {
  target: ['chrome64', 'firefox67', 'safari12'],
  supported: {
    // These browsers have both. esbuild avoids them for bugs in uses that our scripts lack: default
    // values of patterns in the parameters of arrow functions, and tagged templates.
    destructuring: true,
    'template-literal': true,
  },
  // Fields become assignments, which need no helper.
  tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
}
const PAGE: BuildOptions = { ...FLOOR, bundle: true, format: 'iife' }
/**
 * The page's script, with short names for what only its own objects have: not for what is in a
 * status, in the texts, in messages between tabs or in the browser's objects.
 */
const WAITING_PAGE: BuildOptions = {
  ...PAGE,
  mangleProps:
    /^(serverAheadMs|keptSeconds|needsCookies|entersElsewhere|wasCalled|lowestSeconds|heardMs|startedMs|failures|stopped|setFailures|onTrouble|correctClock|dayAndClock|clockWithSeconds|retryAfterMs|nowMs|stands|port|schedule|cancel|heard|leads|duration|plural)$/,
}
const ALL: readonly Served[] = [
  { source: 'client/beacon/heartbeat.js', served: 'public/heartbeat.min.js', options: FLOOR },
  { source: 'client/page/watchdog.js', served: 'public/watchdog.min.js', options: { target: 'es5' } },
  { source: 'client/page/main.ts', served: 'public/waiting-room.min.js', options: WAITING_PAGE },
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
