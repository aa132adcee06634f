/**
 * The command line of `npm run rooms`: parses it, runs it against the operators' API, and returns
 * the output. Writes files for `export` only.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { applyPlan, checkPlan, type Failure } from './apply-plan.ts'
import { RoomsApi } from './rooms-api.ts'
import { RoomsError } from './rooms-error.ts'
import { isJsonFile, readRooms, writtenRooms } from './rooms-file.ts'
import { IS_DEPLOYED, type Plan, planOf, planText, withoutName } from './rooms-plan.ts'

const HELP = `npm run --silent rooms -- plan|apply|export FILE [options]
  plan FILE     shows the steps from the current rooms to those of FILE, and what others have changed.
                Exit status 0: none, 2: some, 1: an error
  apply FILE    carries the steps out. Exit status 0: done, 1: an error
  export FILE   writes the current rooms into FILE; "-": standard output
  --url URL     of the endpoints, such as https://shop.example.com/__waiting-room; default: WAITING_ROOM_URL
  --prune       also deletes runtime rooms that FILE does not have; refused while people are in them
  --drain       with --prune: rooms with people in them admit everyone in line, and are deleted when they are empty
  --json        prints the result as JSON
FILE has [[rooms]] tables, or ends with .json and has a list "rooms". WAITING_ROOM_TOKEN must be in the environment:
a token of ADMIN_TOKEN. docs/rooms.md has an example.`

const OPTIONS = {
  url: { type: 'string' },
  prune: { type: 'boolean', default: false },
  drain: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const

type Env = Readonly<Record<string, string | undefined>>
type Options = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values']

const PENDING = 2

export interface Printed {
  /** The exit status. */
  readonly code: number
  readonly out: string
  readonly errors: string
}

/** Never rejects because of wrong arguments, files or answers: `errors` says what to do. */
export async function runCommand(args: readonly string[], env: Env): Promise<Printed> {
  try {
    return await run(args, env)
  } catch (error) {
    const isUsage = String((error as { code?: string }).code).startsWith('ERR_PARSE_ARGS')
    if (!(error instanceof RoomsError) && !isUsage) throw error
    return { code: 1, out: '', errors: `rooms: ${(error as Error).message}${isUsage ? `\n${HELP}` : ''}` }
  }
}

function run(args: readonly string[], env: Env): Promise<Printed> | Printed {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  if (values.help) return { code: 0, out: HELP, errors: '' }
  const [command, file, ...more] = positionals
  if (file === undefined || more.length > 0) throw new RoomsError(`Pass a command and one file.\n${HELP}`)
  switch (command) {
    case 'plan':
      return showPlan(file, values, env)
    case 'apply':
      return apply(file, values, env)
    case 'export':
      return exportTo(file, values, env)
    default:
      throw new RoomsError(`There is no command ${command}.\n${HELP}`)
  }
}

async function showPlan(file: string, options: Options, env: Env): Promise<Printed> {
  const api = apiOf(options, env)
  const plan = planOf(readRooms(file), await api.list(), options.prune === true)
  const failures = [...refusedBy(plan), ...(await checkPlan(plan, api))]
  return printed(plan, failures, options, plan.steps.length > 0 ? PENDING : 0)
}

async function apply(file: string, options: Options, env: Env): Promise<Printed> {
  const api = apiOf(options, env)
  const plan = planOf(readRooms(file), await api.list(), options.prune === true)
  // Either all documents are valid, or nothing is changed.
  const refused = [...refusedBy(plan), ...(await checkPlan(plan, api))]
  const failures = refused.length > 0 ? refused : await applyPlan(plan, api, options.drain === true)
  return printed(plan, failures, options, 0)
}

async function exportTo(file: string, options: Options, env: Env): Promise<Printed> {
  const live = (await apiOf(options, env).list()).filter(({ source }) => source === 'runtime')
  const rooms = new Map(live.map(({ name, document }) => [name, withoutName(document)]))
  const text = writtenRooms(rooms, options.json === true || isJsonFile(file))
  if (file === '-') return { code: 0, out: text.trimEnd(), errors: '' }
  writeFileSync(file, text)
  return { code: 0, out: '', errors: '' }
}

function refusedBy({ deployed }: Plan): Failure[] {
  return deployed.map((room) => ({ room, problem: IS_DEPLOYED }))
}

/** @param code without failures */
function printed(plan: Plan, failures: readonly Failure[], { json }: Options, code: number): Printed {
  const steps = plan.steps.map(({ document: _, etag: __, ...step }) => step)
  const out = json === true ? JSON.stringify({ ...plan, steps, failures }, null, 2) : planText(plan)
  const errors = json === true ? '' : failures.map(({ room, problem }) => `${room}: ${problem}`).join('\n')
  return { code: failures.length > 0 ? 1 : code, out, errors }
}

function apiOf({ url: given }: Options, env: Env): RoomsApi {
  const { WAITING_ROOM_URL, WAITING_ROOM_TOKEN: token } = env
  const url = given ?? WAITING_ROOM_URL
  if (url === undefined || !URL.canParse(url)) throw new RoomsError(`Set --url or WAITING_ROOM_URL.\n${HELP}`)
  if (token === undefined || token === '') throw new RoomsError('WAITING_ROOM_TOKEN is not set. Use an operator token')
  return new RoomsApi(url, token)
}
