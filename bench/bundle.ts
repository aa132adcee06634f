/**
 * Measures the size of the deployed bundle (minified, as in wrangler.toml) and its start-up time,
 * as wrangler reports them.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'

export interface BundleFigures {
  /** The whole upload, minified and gzipped. */
  readonly gzipKiB: number
  /** Processor time of the start-up, from wrangler's profile. */
  readonly startUpMs: number | null
}

const PROJECT = resolve(import.meta.dirname, '..')
const TIMEOUT_MS = 60_000

export const BUNDLE_TARGETS = { gzipKiB: 280, startUpMs: 60 }

export async function bundleFigures(scratch: string): Promise<BundleFigures> {
  const folder = `${scratch}/bundle`
  mkdirSync(`${folder}/home`, { recursive: true })
  await wrangler(folder, 'deploy', '--dry-run', '--outdir', `${folder}/out`)
  const files = readdirSync(`${folder}/out`).filter((name) => !name.endsWith('.map') && name !== 'README.md')
  const gzipBytes = files.reduce((sum, name) => sum + gzipSync(readFileSync(`${folder}/out/${name}`)).length, 0)
  return { gzipKiB: gzipBytes / 1024, startUpMs: await startUpMs(folder) }
}

/** `wrangler check startup` leaves a CPU profile, in which all but idle time counts. */
async function startUpMs(folder: string): Promise<number | null> {
  const file = `${folder}/startup.cpuprofile`
  try {
    await wrangler(folder, 'check', 'startup', '--outfile', file)
    const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile
    const idle = new Set(nodes.filter(({ callFrame }) => callFrame.functionName === '(idle)').map(({ id }) => id))
    const busyMicroseconds = samples.reduce((sum, id, i) => sum + (idle.has(id) ? 0 : (timeDeltas[i] ?? 0)), 0)
    return busyMicroseconds / 1000
  } catch (error) {
    console.error(`wrangler check startup: ${(error as Error).message.slice(0, 500)}`)
    return null
  }
}

interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: { readonly functionName: string } }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

function wrangler(folder: string, ...args: string[]) {
  const bin = resolve(PROJECT, 'node_modules/wrangler/bin/wrangler.js')
  const home = `${folder}/home`
  const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: home, TMPDIR: home, WRANGLER_SEND_METRICS: 'false' }
  return promisify(execFile)(process.execPath, [bin, ...args], { cwd: PROJECT, timeout: TIMEOUT_MS, env })
}
