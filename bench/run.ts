/**
 * npm run bench [-- --quick] [-- --json FILE] [-- --only NAME,...] [-- --scale] [-- --proof] [--
 * --routes] [-- --samples] [-- --page [--minutes N]]
 *
 * Measures requests per second of the built Worker on raw `workerd serve`, next to the runtime's
 * ceiling, plain proxies and straightforward implementations, and the cost of the object's storage
 * and calls. Instead, `--scale` measures the cost of one growing room, `--proof` how fast browsers
 * solve the proof of work, `--routes` the lookup of a URL's room among 1,000, `--samples` the reads
 * of 7 days of figures, and `--page` the cost of the waiting page for a weak phone.
 *
 * Each of our rooms has a workerd process to itself; the peers share one. All processes stay up.
 * The variants take turns, one at a time, in rounds; every second round runs in reverse order.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { TestProject } from 'vitest/node'
import buildWorker from '../test/contract/support/build-worker.ts'
import { WORKER_SOCKET } from '../test/contract/support/worker-config.ts'
import { ask, costsOf, pageOf, UNMEASURED_PAGE } from './asked.ts'
import { bundleFigures } from './bundle.ts'
import { cpuTimeMs } from './cpu-time.ts'
import { LoadProcess } from './load-process.ts'
import { print, type RoundFigures, reportOf } from './report.ts'
import { COMPARISONS, STATUS_PATH, VARIANTS, type Variant, WAITING_ROOMS } from './variants.ts'
import { Workerd } from './workerd.ts'
import { oursConfig, PEERS, peersConfig } from './workers.ts'

const CONNECTIONS = 256
/**
 * In the warm-up each of the 10,000 waiting visitors polls once, so that the isolate knows their
 * tokens.
 */
const THOROUGH = { rounds: 8, roundMs: 2_000, warmUpMs: 4_000 }
const QUICK = { rounds: 2, roundMs: 500, warmUpMs: 500 }

const PAGE_MINUTES = 10

const HELP = `npm run bench -- [options]: what the built Worker answers per second, next to the runtime's ceiling and to naive implementations

  --quick           a short run, under a minute
  --only NAME,...   only these: ${VARIANTS.map(({ name }) => name).join(', ')}
  --json FILE       the figures as JSON, too
  --scale           what one room costs as it grows, instead; takes no other option but --json
  --proof           how fast browsers solve the proof of work, instead; takes no other option
  --routes          how long it takes to find the room of a URL among 1,000, instead; takes no other option
  --samples         how long the room's object is busy while it reads 7 days, instead; takes no other option
  --page            what the waiting page costs a weak phone, instead, beside its budget
  --minutes N       with --page: how long it is watched; default ${PAGE_MINUTES}
  --help            this text`

const args = options()
if (args.help) console.log(HELP)
else if (args.scale) await import('./scale.ts')
else if (args.proof) await import('./proof.ts')
else if (args.routes) await import('./routes.ts')
else if (args.samples) await import('./samples.ts')
else if (args.page) await (await import('./page.ts')).benchPage(chosenMinutes(args.minutes))
else await bench(chosenVariants(args.only))

async function bench(variants: readonly Variant[]): Promise<void> {
  const { rounds, roundMs, warmUpMs } = args.quick ? QUICK : THOROUGH
  const provided: Record<string, string> = {}
  // The set-up of the contract tests, which needs no more of Vitest than this.
  const provide = (name: string, value: string) => {
    provided[name] = value
  }
  const cleanUp = await buildWorker({ provide } as unknown as TestProject)
  const load = new LoadProcess()
  const workers: Workerd[] = []
  try {
    const { workerBuild = '', scratch = '' } = provided
    const servers = new Map<string, { port: number; pid: number }>()
    const start = async (name: string, config: (folder: string) => string, sockets: readonly string[]) => {
      mkdirSync(`${scratch}/${name}`)
      const workerd = await Workerd.start(`${scratch}/${name}`, config(`${scratch}/${name}`), sockets.length)
      workers.push(workerd)
      for (const socket of sockets) {
        servers.set(socket === WORKER_SOCKET ? name : socket, { port: workerd.port(socket), pid: workerd.pid })
      }
    }
    const serverOf = (name: string) => servers.get(name) as { port: number; pid: number }
    for (const { name } of variants.filter(({ server }) => server === 'ours')) {
      await start(name, (folder) => oursConfig(workerBuild, folder, name), [WORKER_SOCKET])
      if (WAITING_ROOMS.includes(name)) await ask(serverOf(name).port, name, STATUS_PATH)
    }
    const page = servers.has('page') ? await pageOf(serverOf('page').port) : UNMEASURED_PAGE
    await start('peers', (folder) => peersConfig(folder, page), PEERS)

    const loadWith = (variant: Variant, durationMs: number | null) =>
      load.run({ ...variant, port: serverOf(variant.name).port, connections: CONNECTIONS, durationMs })
    const measure = async (variant: Variant, durationMs: number): Promise<RoundFigures> => {
      const { port, pid } = serverOf(variant.name)
      const costsBefore = await costsOf(variant, port)
      const cpuBefore = cpuTimeMs(pid)
      const startMs = performance.now()
      const result = await loadWith(variant, durationMs)
      const tookMs = performance.now() - startMs
      const cpuMs = (cpuTimeMs(pid) ?? Number.NaN) - (cpuBefore ?? Number.NaN)
      const costs = await costsOf(variant, port)
      const perRequest = (after: number, before: number) => (1000 * (after - before)) / result.requests
      return {
        ...result,
        serverBusy: cpuMs / tookMs,
        cpuMicroseconds: (1000 * cpuMs) / result.requests,
        objectCallsPer1000: variant.costs ? 1000 * variant.costs.calls : perRequest(costs.calls, costsBefore.calls),
        rowsWrittenPer1000: variant.costs
          ? 1000 * variant.costs.rows
          : perRequest(costs.rowsWritten, costsBefore.rowsWritten),
      }
    }
    for (const variant of variants) {
      for (const { name, path, visitors } of variant.groups) {
        const { headers } = variant
        await load.run({
          join: name,
          port: serverOf(variant.name).port,
          path,
          headers,
          visitors,
          connections: CONNECTIONS,
        })
      }
      await loadWith(variant, warmUpMs)
    }
    // A round then continues as in a real crowd: nearly all tokens are known, one ticket in ten
    // needs confirmation, and passes that ended meanwhile are renewed. In a short run all tokens
    // would be new.
    const prepare = async (variant: Variant): Promise<void> => {
      for (const { name } of variant.groups.filter(({ waits }) => waits)) await load.age({ age: name })
      if (variant.groups.length > 0) await loadWith(variant, null)
    }
    const results = new Map<string, RoundFigures[]>(variants.map(({ name }) => [name, []]))
    for (let round = 0; round < rounds; round++) {
      for (const variant of round % 2 === 0 ? variants : variants.toReversed()) {
        if (!args.quick) await prepare(variant)
        results.get(variant.name)?.push(await measure(variant, roundMs))
      }
    }

    const comparisons = COMPARISONS.filter(({ of, to }) => results.has(of) && results.has(to))
    const report = reportOf(results, comparisons)
    const how = {
      runtime: 'raw workerd serve',
      load: 'autocannon',
      connections: CONNECTIONS,
      rounds,
      roundMs,
      pageBytes: page.bytes,
    }
    const bundle = await bundleFigures(scratch)
    print(report, bundle)
    // A run with errors has meaningless figures.
    if (Object.values(report.variants).some(({ errors }) => errors > 0)) process.exitCode = 1
    console.log(
      `Measured on ${how.runtime}, a process for each variant of ours and one for the peers, load by autocannon from another over
loopback: ${CONNECTIONS} connections with one request at a time each, ${rounds} rounds of ${roundMs} ms per variant, interleaved. Figures are
medians of the rounds, ratios are of the same round each. The waiting page has ${page.bytes} bytes. "busy" is the part of a core
that the server took: well below 1 means that the load, or something else on this machine, was the limit.
Only the ratios say something: how many requests a production Worker answers is not measured here, and not promised.`,
    )
    if (args.json !== undefined) {
      writeFileSync(args.json, `${JSON.stringify({ ...report, bundle, measured: how }, null, 2)}\n`)
    }
  } finally {
    load.stop()
    await Promise.all(workers.map((worker) => worker.stop()))
    cleanUp()
  }
}

function options() {
  const options = {
    quick: { type: 'boolean' },
    json: { type: 'string' },
    only: { type: 'string' },
    scale: { type: 'boolean' },
    proof: { type: 'boolean' },
    routes: { type: 'boolean' },
    samples: { type: 'boolean' },
    page: { type: 'boolean' },
    minutes: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const
  try {
    return parseArgs({ options }).values
  } catch (error) {
    console.error(`${(error as Error).message} See --help.`)
    process.exit(2)
  }
}

function chosenMinutes(minutes: string | undefined): number {
  if (minutes === undefined) return PAGE_MINUTES
  if (Number(minutes) > 0 && Number(minutes) <= 60) return Number(minutes)
  console.error('--minutes: give a number above 0, at most 60.')
  process.exit(2)
}

function chosenVariants(only: string | undefined): readonly Variant[] {
  if (only === undefined) return VARIANTS
  const names = only.split(',')
  const unknown = names.filter((name) => !VARIANTS.some((variant) => variant.name === name))
  if (unknown.length === 0) return VARIANTS.filter(({ name }) => names.includes(name))
  console.error(`--only: there is no ${unknown.join(', ')}. There are ${VARIANTS.map(({ name }) => name).join(', ')}.`)
  process.exit(2)
}
