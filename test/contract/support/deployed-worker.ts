/**
 * The built Worker with everything that wrangler.toml configures, including queues and cron, which
 * raw workerd lacks. The cron fires when a test says so, for the minute that the test names.
 */

import { readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { join, resolve } from 'node:path'
import { parse } from 'smol-toml'
import { inject } from 'vitest'
import { createTestHarness, type TestHarness, type Unstable_RawConfig } from 'wrangler'
import type { Workerd } from './workerd.ts'

const ASSETS = resolve(import.meta.dirname, '../../../public')
const WRANGLER_TOML = resolve(import.meta.dirname, '../../../wrangler.toml')
const MINUTE_MS = 60_000

/** Otherwise the local runtime fetches a sample of `request.cf` from the network. */
process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false'
/** A line for each batch of a queue would hide the output of the tests. */
process.env.WRANGLER_LOG = 'none'

type Config = Omit<Unstable_RawConfig, 'env'>
type Vars = Readonly<Record<string, unknown>>

interface Bindings {
  readonly ALERTS: { send(body: unknown): Promise<void> }
}

export class DeployedWorker {
  /** Where visitors send their requests. */
  readonly front: Workerd
  private readonly harness: TestHarness

  private constructor(harness: TestHarness, url: URL) {
    this.harness = harness
    // Visitors need only these two.
    this.front = { port: Number(url.port), agent: new Agent({ keepAlive: true }) } as Workerd
  }

  /** `changes`: differences from wrangler.toml apart from the variables. */
  static async start(vars: Vars, changes: Partial<Config> = {}): Promise<DeployedWorker> {
    // A separate root excludes a developer's .dev.vars.
    const harness = createTestHarness({
      root: inject('scratch'),
      workers: [{ config: { ...builtConfig(vars), ...changes } }],
    })
    const { url } = await harness.listen()
    return new DeployedWorker(harness, url)
  }

  /** Fires the cron as at the end of a minute (since 1970). */
  async endMinute(minute: number): Promise<void> {
    const options = { cron: '* * * * *', scheduledTime: new Date((minute + 1) * MINUTE_MS) }
    const { outcome } = await this.harness.getWorker().scheduled(options)
    if (outcome !== 'ok') throw new Error(`The cron ended with ${outcome}`)
  }

  /** Sends a message to the queue `alerts` again, as a queue with at-least-once delivery may. */
  async repeatAlert(body: unknown): Promise<void> {
    const { ALERTS } = await this.harness.getWorker<Bindings & Record<string, unknown>>().getEnv()
    await ALERTS.send(body)
  }

  /** Everything that the Worker has logged so far. */
  get log(): string {
    return this.harness
      .getLogs()
      .map(({ message }) => message)
      .join('\n')
  }

  async stop(): Promise<void> {
    this.front.agent.destroy()
    await this.harness.close()
  }
}

/** wrangler.toml with other variables and the built Worker. */
function builtConfig(vars: Vars): Config {
  const build = inject('workerBuild')
  const config = parse(readFileSync(WRANGLER_TOML, 'utf8')) as Config
  return {
    ...config,
    main: join(build, 'index.js'),
    base_dir: build,
    no_bundle: true,
    find_additional_modules: true,
    // Next to the entry there are only the bundled texts, under other names.
    rules: [{ type: 'Text', globs: ['*-*.html', '*-*.js', '*-*.css', '*-*.toml'], fallthrough: true }],
    assets: { ...config.assets, directory: ASSETS },
    vars: vars as NonNullable<Config['vars']>,
  }
}
