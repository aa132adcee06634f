/**
 * npm run bench [-- --quick] [-- --json FILE] [-- --scale]: requests per second of the built Worker on raw `workerd serve`,
 * next to the runtime's ceiling, to a plain proxy and to the naive ways. `--scale`: what one room costs as it grows, instead.
 *
 * Every room of ours has a process of workerd to itself, the peers share one. All stay up; the variants take turns, one at a
 * time, in rounds, every second round backwards.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { parseArgs } from 'node:util'
import type { TestProject } from 'vitest/node'
import buildWorker from '../test/contract/support/build-worker.ts'
import type { LoadResult } from './load.ts'
import { LoadProcess } from './load-process.ts'
import { print, reportOf } from './report.ts'
import { COMPARISONS, STATUS_PATH, VARIANTS, type Variant, WAITING_ROOMS } from './variants.ts'
import { Workerd } from './workerd.ts'
import { hostOf, oursConfig, PEERS, peersConfig } from './workers.ts'

const CONCURRENCY = 256
const THOROUGH = { rounds: 8, roundMs: 2_000, warmUpMs: 1_500 }
const QUICK = { rounds: 3, roundMs: 700, warmUpMs: 500 }
/** How long the visitors of a variant may take to get their tokens. */
const JOIN_ALL_MS = 20_000

const { values: args } = parseArgs({
  options: { quick: { type: 'boolean' }, json: { type: 'string' }, scale: { type: 'boolean' } },
})
if (args.scale) await import('./scale.ts')
else await bench()

async function bench(): Promise<void> {
  const { rounds, roundMs, warmUpMs } = args.quick ? QUICK : THOROUGH
  const provided: Record<string, string> = {}
  // The set-up of the contract tests, which is given no more of Vitest than this.
  const provide = (name: string, value: string) => {
    provided[name] = value
  }
  const cleanUp = await buildWorker({ provide } as unknown as TestProject)
  const load = new LoadProcess()
  const workers: Workerd[] = []
  try {
    const { workerBuild = '', scratch = '' } = provided
    const start = async (name: string, config: (folder: string) => string, sockets: number) => {
      mkdirSync(`${scratch}/${name}`)
      const workerd = await Workerd.start(`${scratch}/${name}`, config(`${scratch}/${name}`), sockets)
      workers.push(workerd)
      return workerd
    }
    const ports = new Map<string, number>()
    for (const { name } of VARIANTS.filter(({ server }) => server === 'ours')) {
      const workerd = await start(name, (folder) => oursConfig(workerBuild, folder, name), 1)
      ports.set(name, workerd.port('http'))
    }
    const portOf = (name: string) => ports.get(name) as number
    for (const room of WAITING_ROOMS) await ask(portOf(room), room, STATUS_PATH)
    const pageBytes = (await ask(portOf('page'), 'page', '/')).length
    const peers = await start('peers', (folder) => peersConfig(folder, pageBytes), PEERS.length)
    for (const name of PEERS) ports.set(name, peers.port(name))

    const run = (variant: Variant, durationMs: number, requestsMax = Number.MAX_SAFE_INTEGER) => {
      return load.run({ ...variant, port: portOf(variant.name), concurrency: CONCURRENCY, durationMs, requestsMax })
    }
    for (const variant of VARIANTS) {
      if (variant.visitors > 0) await run(variant, JOIN_ALL_MS, variant.visitors)
      await run(variant, warmUpMs)
    }
    const results = new Map<string, LoadResult[]>(VARIANTS.map(({ name }) => [name, []]))
    for (let round = 0; round < rounds; round++) {
      for (const variant of round % 2 === 0 ? VARIANTS : VARIANTS.toReversed()) {
        results.get(variant.name)?.push(await run(variant, roundMs))
      }
    }

    const report = reportOf(results, COMPARISONS)
    const how = { runtime: 'raw workerd serve', concurrency: CONCURRENCY, rounds, roundMs, pageBytes }
    print(report)
    // Figures of a run with errors mean little.
    if (Object.values(report.variants).some(({ errors }) => errors > 0)) process.exitCode = 1
    console.log(
      `Measured on ${how.runtime}, a process for each variant of ours and one for the peers, load from another over loopback:
${CONCURRENCY} connections with one request at a time each, ${rounds} rounds of ${roundMs} ms per variant, interleaved. Requests/s and
latencies are medians of the rounds, ratios are of the same round each. The waiting page has ${pageBytes} bytes.
Only the ratios say something: how many requests a production Worker answers is not measured here, and not promised.`,
    )
    if (args.json !== undefined) writeFileSync(args.json, `${JSON.stringify({ ...report, measured: how }, null, 2)}\n`)
  } finally {
    load.stop()
    await Promise.all(workers.map((worker) => worker.stop()))
    cleanUp()
  }
}

/** The body that a new visitor of a room gets. */
function ask(port: number, room: string, path: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const headers = { Host: hostOf(room), Accept: 'text/html' }
    const asked = request({ host: '127.0.0.1', port, path, headers }, async (response) => {
      resolve(Buffer.concat(await response.toArray()))
    })
    asked.on('error', reject)
    asked.end()
  })
}
