/**
 * npm run setup -- --env NAME: creates the queues and secrets that an environment of wrangler.toml
 * needs at Cloudflare, and lists the remaining steps. Idempotent: leaves existing queues and
 * secrets unchanged.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { environmentProblems, problemList } from './checks/environment-problems.ts'
import { originPlaceholder } from './checks/variables.ts'
import {
  addressSecrets,
  bypassSecrets,
  type Environment,
  environments,
  hasTurnstile,
  queueNames,
  returningRooms,
  signedChannels,
  WRANGLER,
  WRANGLER_TOML,
} from './deployment-config.ts'

const MAKE_KEY = new URL('make-key.mjs', import.meta.url).pathname
/** Error code of Cloudflare's API. */
const QUEUE_NAME_TAKEN = 11009
const HELP = `npm run setup -- --env NAME [--dry-run]
  --env NAME   an environment of wrangler.toml: staging or production
  --dry-run    shows what would be created, without calling Cloudflare
Requires npx wrangler login, or CLOUDFLARE_API_TOKEN (and CLOUDFLARE_ACCOUNT_ID if there are several accounts).`

class SetupError extends Error {}

function setUp(environment: Environment, dryRun: boolean): void {
  console.log(`Setting up the Worker "${environment.worker}"`)
  const problems = environmentProblems(environment, environments(), WRANGLER_TOML)
  if (problems.length > 0) throw new SetupError(problemList(`${WRANGLER_TOML}, ${environment.name}`, problems))
  if (!dryRun) logIn()
  const queues = queueNames(environment.section)
  if (dryRun) for (const queue of queues) console.log(`  queue ${queue}: would be created if missing`)
  else createQueues(queues)
  setSecrets(environment, dryRun)
  console.log(
    `\nRemaining steps:\n${remaining(environment)
      .map((text, i) => `  ${i + 1}. ${text}`)
      .join('\n')}`,
  )
}

function chosen(name: string | undefined): Environment {
  const all = environments()
  const names = all.flatMap((environment) => environment.name ?? [])
  const found = all.find((environment) => environment.name === name && name !== undefined)
  if (found === undefined) throw new SetupError(`choose an environment: --env ${names.join(' or --env ')}\n${HELP}`)
  return found
}

function logIn(): void {
  const { ok, output } = wrangler(['whoami', '--json'])
  if (ok) return
  throw new SetupError(
    `not logged in to Cloudflare. Run \`npx wrangler login\`, or set CLOUDFLARE_API_TOKEN.\n${output}`,
  )
}

/** The list is paginated. Creating a queue that is on a later page fails because it exists. */
function createQueues(names: readonly string[]): void {
  const listed = wrangler(['queues', 'list'])
  if (!listed.ok) throw new SetupError(`cannot list the queues:\n${listed.output}`)
  const known = listed.output.split(/[\s│|]+/)
  for (const name of names) console.log(`  queue ${name}: ${known.includes(name) ? 'exists' : createQueue(name)}`)
}

function createQueue(name: string): string {
  const created = wrangler(['queues', 'create', name])
  if (created.ok) return 'created'
  if (created.output.includes(`code: ${QUEUE_NAME_TAKEN}`)) return 'exists'
  throw new SetupError(`cannot create the queue ${name}:\n${created.output}`)
}

/**
 * Sets all generated secrets in one call, so that a failure leaves none of them set. Prints only
 * those that people need.
 */
function setSecrets(environment: Environment, dryRun: boolean): void {
  const existing = dryRun ? [] : secretsOf(environment)
  const generated = Object.entries(generators(environment)).filter(([name]) => !existing.includes(name))
  for (const name of existing) console.log(`  secret ${name}: exists`)
  if (dryRun) {
    for (const [name] of generated) console.log(`  secret ${name}: would be generated if not set`)
    return
  }
  if (generated.length === 0) return
  const secrets = Object.fromEntries(generated.map(([name, { make }]) => [name, make()]))
  const put = wrangler(['secret', 'bulk', '--name', environment.worker], JSON.stringify(secrets))
  if (!put.ok) throw new SetupError(`cannot set the secrets:\n${put.output}`)
  for (const [name, { shown }] of generated) {
    console.log(`  secret ${name}: generated and set${shown ? `. Shown only once, keep it: ${secrets[name]}` : ''}`)
  }
}

interface Generator {
  readonly make: () => string
  /** Somebody other than the Worker needs the value. */
  readonly shown: boolean
}

function generators({ section }: Environment): Record<string, Generator> {
  const signed = signedChannels(section)
  const alertSecrets: Generator = {
    make: () => signed.map((name) => `${name}:whsec_${randomBytes(32).toString('base64')}`).join(','),
    shown: true,
  }
  return {
    SIGNING_KEYS: { make: () => newKey(), shown: false },
    ...(returningRooms(section).length > 0 ? { PASS_KEYS: { make: () => newKey('--pass'), shown: false } } : {}),
    ADMIN_TOKEN: { make: () => randomBytes(32).toString('base64url'), shown: true },
    ORIGIN_SECRET: { make: () => randomBytes(32).toString('base64url'), shown: true },
    ...(signed.length > 0 ? { ALERT_SECRETS: alertSecrets } : {}),
  }
}

function newKey(...options: readonly string[]): string {
  return execFileSync(process.execPath, [MAKE_KEY, ...options], { encoding: 'utf8' }).trim()
}

/** Names of existing secrets. A Worker that is not deployed yet has none. */
function secretsOf({ worker }: Environment): string[] {
  const listed = wrangler(['secret', 'list', '--name', worker, '--format', 'json'])
  if (listed.ok) return (JSON.parse(listed.stdout) as { name: string }[]).map(({ name }) => name)
  if (/not found/i.test(listed.output)) return []
  throw new SetupError(`cannot list the secrets:\n${listed.output}`)
}

function remaining(environment: Environment): string[] {
  const { name, section } = environment
  const placeholder = originPlaceholder(environment)
  const steps: string[] = placeholder === null ? [] : [`in wrangler.toml, ${placeholder}`]
  if (section.routes === undefined && section.route === undefined) {
    steps.push(
      `set env.${name}.routes, so that visitors of your site reach the Worker (until then: the workers.dev address)`,
    )
  }
  for (const secret of addressSecrets(section)) {
    steps.push(`npx wrangler secret put ${secret} --env ${name}   (the URL of an alert channel)`)
  }
  for (const secret of bypassSecrets(section)) {
    steps.push(
      `npx wrangler secret put ${secret} --env ${name}   (a request with it skips the room: 16 characters or more)`,
    )
  }
  if (signedChannels(section).length > 0) {
    steps.push(
      `a channel added later needs its entry in ALERT_SECRETS: npx wrangler secret put ALERT_SECRETS --env ${name} (docs/figures.md)`,
    )
  }
  if (hasTurnstile(section)) {
    steps.push(
      `npx wrangler secret put TURNSTILE_SECRET --env ${name}   (the secret key of the widget: docs/fairness.md)`,
    )
  }
  if ((section.send_email ?? []).length > 0) steps.push('verify the recipients of alert mails in Email Routing')
  steps.push('make the site refuse requests without the header Waiting-Room-Origin-Secret (the value of ORIGIN_SECRET)')
  if (returningRooms(section).length === 0) {
    steps.push(
      `npm run --silent make-key -- --pass | npx wrangler secret put PASS_KEYS --env ${name}   (optional: the site can verify passes, docs/origin.md)`,
    )
  }
  steps.push(`npx wrangler secret put SENTRY_DSN --env ${name}   (optional)`)
  steps.push(`npm run deploy -- --env ${name}   (the first figures create the Analytics Engine dataset)`)
  return steps
}

interface Result {
  readonly ok: boolean
  readonly stdout: string
  /** Standard output and standard error. */
  readonly output: string
}

function wrangler(args: readonly string[], input?: string): Result {
  const run = spawnSync(process.execPath, [WRANGLER, ...args], {
    encoding: 'utf8',
    input: input ?? '',
    timeout: 120_000,
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', NO_COLOR: '1' },
  })
  return { ok: run.status === 0, stdout: run.stdout, output: `${run.stdout}${run.stderr}`.trim() }
}

try {
  main(process.argv.slice(2))
} catch (error) {
  const isExpected =
    error instanceof SetupError || String((error as { code?: string }).code).startsWith('ERR_PARSE_ARGS')
  if (!isExpected) throw error
  console.error(`setup: ${(error as Error).message}`)
  process.exitCode = 1
}

function main(args: string[]): void {
  const { values } = parseArgs({
    args,
    options: { env: { type: 'string' }, 'dry-run': { type: 'boolean' }, help: { type: 'boolean' } },
  })
  if (values.help) console.log(HELP)
  else setUp(chosen(values.env), values['dry-run'] === true)
}
