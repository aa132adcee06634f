/**
 * npm run make-keys -- --room R --type T --expires TIME: prints access keys, one a line. Makes no
 * network calls. Needs the deployment's SIGNING_KEYS.
 */
import { existsSync, readFileSync } from 'node:fs'
import { parseArgs, parseEnv } from 'node:util'
import { type AccessKeyType, accessSigningKeys } from '../src/tokens/access-key.ts'
import { type KeyOrder, keyLink, type MadeKey, makeKeys, orderProblems } from '../src/tokens/make-keys.ts'
import { importSigningKeys } from '../src/tokens/signing-keys.ts'

/** As many as `npm run make-keys` makes in some seconds. */
const COUNT_MAX = 100_000

const HELP = `npm run --silent make-keys -- --room NAME --type TYPE --expires TIME [options]
  --room NAME       the room's name in the settings
  --type TYPE       invite, person, priority or skip
  --expires TIME    when the keys end, such as 2026-12-24T18:00:00Z
  --count N         how many keys; default 1
  --uses N          places that each key is good for; default 1
  --persons FILE    ids of people, one a line, "-": standard input: one key each
  --lane NAME       priority: the lane; default: the first one in the room's settings
  --uncounted       skip: past the room, not counted against its capacity
  --run N           the keys count only in this run of the room
  --url ADDRESS     print links to this address, such as https://shop.example/
  --csv             print id, person, key and link, separated by commas
SIGNING_KEYS of the deployment must be in the environment or in .dev.vars. docs/fairness.md describes the types.`

const OPTIONS = {
  room: { type: 'string' },
  type: { type: 'string' },
  expires: { type: 'string' },
  count: { type: 'string' },
  uses: { type: 'string' },
  persons: { type: 'string' },
  lane: { type: 'string' },
  uncounted: { type: 'boolean' },
  run: { type: 'string' },
  url: { type: 'string' },
  csv: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

class UsageError extends Error {}

/** The option for each problem of an order. */
const OPTION_OF: Readonly<Record<keyof KeyOrder, string>> = {
  room: '--room',
  type: '--type',
  count: '--count',
  uses: '--uses',
  expiresMs: '--expires',
  run: '--run',
  lane: '--lane',
  counted: '--uncounted',
  persons: '--persons',
}

function readOptions() {
  const { values } = parseArgs({ options: OPTIONS })
  if (values.help) return null
  const { room, type, expires, url } = values
  if (room === undefined || type === undefined || expires === undefined) {
    throw new UsageError(`Pass --room, --type and --expires.\n${HELP}`)
  }
  if (!/^[a-z0-9-]{1,32}$/.test(room)) throw new UsageError('--room: write the name of a room, such as main')
  const persons = values.persons === undefined ? undefined : personsIn(values.persons)
  const order: KeyOrder = {
    room,
    type: type as AccessKeyType,
    count: wholeOf(values.count) ?? persons?.length ?? 1,
    uses: wholeOf(values.uses) ?? 1,
    expiresMs: timeOf(expires),
    ...(values.run === undefined ? {} : { run: wholeOf(values.run) as number }),
    ...(values.lane === undefined ? {} : { lane: values.lane }),
    ...(values.uncounted ? { counted: false } : {}),
    ...(persons === undefined ? {} : { persons }),
  }
  const problems = orderProblems(order, COUNT_MAX, Date.now())
  if (problems.length > 0) {
    throw new UsageError(problems.map(({ key, problem }) => `${OPTION_OF[key]}: ${problem}`).join('\n'))
  }
  if (url !== undefined && keyLink(url, '') === null) {
    throw new UsageError('--url: write an address such as https://shop.example/')
  }
  return { order, url: url ?? null, csv: values.csv ?? false }
}

function wholeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
}

function timeOf(text: string): number {
  if (/T.*(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text))) return Date.parse(text)
  throw new UsageError('--expires: write an RFC 3339 time with its offset, such as 2026-12-24T18:00:00+01:00')
}

function personsIn(file: string): string[] {
  try {
    const lines = readFileSync(file === '-' ? 0 : file, 'utf8').split(/\r?\n/)
    return lines.map((line) => line.trim()).filter((line) => line !== '')
  } catch (error) {
    throw new UsageError(`--persons: ${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}

function signingKeys(): string | undefined {
  const { SIGNING_KEYS } = process.env
  if (SIGNING_KEYS !== undefined || !existsSync('.dev.vars')) return SIGNING_KEYS
  return parseEnv(readFileSync('.dev.vars', 'utf8')).SIGNING_KEYS
}

function lineOf({ id, key, person }: MadeKey, url: string | null, csv: boolean): string {
  const link = url === null ? null : keyLink(url, key)
  if (!csv) return person === null ? (link ?? key) : [cell(person), link ?? key].join(',')
  return [id, cell(person ?? ''), key, cell(link ?? '')].join(',')
}

/** RFC 4180. */
function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

async function main(): Promise<void> {
  const options = readOptions()
  if (options === null) return console.log(HELP)
  const { order, url, csv } = options
  const value = signingKeys()
  const keys = await importSigningKeys(value).catch((error: Error) => {
    throw new UsageError(
      value === undefined
        ? 'SIGNING_KEYS is not set. Pass the value that the deployment has, in the environment or in .dev.vars.'
        : error.message,
    )
  })
  const made = await makeKeys(order, keys, await accessSigningKeys(keys), Date.now())
  if (csv) console.log('id,person,key,link')
  console.log(made.map((key) => lineOf(key, url, csv)).join('\n'))
}

try {
  await main()
} catch (error) {
  const usage = error instanceof TypeError && 'code' in error
  if (!(error instanceof UsageError) && !usage) throw error
  console.error(usage ? `${(error as Error).message}\n${HELP}` : (error as Error).message)
  process.exitCode = 1
}
