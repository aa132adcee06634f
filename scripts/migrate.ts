/**
 * npm run migrate -- FILE: writes the rooms of an answer of Cloudflare's Waiting Room API as `[[vars.ROOMS]]` for wrangler.toml to
 * standard output, with comments on what was changed or has no counterpart. What is refused or cannot be expressed is also listed on standard error,
 * and makes it end with status 1. Asks nobody, changes nothing.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { stringify } from 'smol-toml'
import { parseRooms } from '../src/settings/rooms.ts'
import { MigrateError, roomsInAnswer } from './migrate/cloudflare-rooms.ts'
import { migrateRoom } from './migrate/migrate-room.ts'
import { migrateRules } from './migrate/migrate-rules.ts'

const HELP = `npm run --silent migrate -- FILE [--rules FILE] [--env NAME] > rooms.toml
  FILE          what the API answered: GET /zones/ZONE/waiting_rooms, or .../waiting_rooms/ROOM; "-": standard input
  --rules FILE  bypass rules of the one room in FILE: GET .../waiting_rooms/ROOM/rules
  --env NAME    for an environment of wrangler.toml, such as production
Put the tables into wrangler.toml in place of the ones there. docs/migrate.md says what becomes of every key.`

interface Options {
  readonly file: string
  readonly rules: string | undefined
  readonly env: string | undefined
}

function readOptions(): Options | null {
  const options = { rules: { type: 'string' }, env: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  if (values.help) return null
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0) throw new MigrateError(`Name one file.\n${HELP}`)
  if (values.env !== undefined && !/^[A-Za-z0-9_-]+$/.test(values.env)) throw new MigrateError('--env: no such name')
  return { file, rules: values.rules, env: values.env }
}

function textOf(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new MigrateError(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}

function migrate({ file, rules, env }: Options): void {
  const migrated = roomsInAnswer(textOf(file)).map(migrateRoom)
  if (rules !== undefined && migrated.length > 1) {
    throw new MigrateError('--rules belongs to one room: pass the answer of .../waiting_rooms/ROOM beside it.')
  }
  const { bypass, notes, refused } =
    rules === undefined ? { bypass: [], notes: [], refused: [] } : migrateRules(textOf(rules))
  const rooms = migrated.map(({ room }) => (bypass.length > 0 ? { ...room, bypass } : room))
  for (const [i, room] of rooms.entries()) {
    const comments = [...(migrated[i]?.notes ?? []), ...notes].map((text) => `# ${text}\n`)
    const vars = { vars: { ROOMS: [room] } }
    console.log(`${comments.join('')}${stringify(env === undefined ? vars : { env: { [env]: vars } })}`)
  }
  const unlike = migrated.flatMap((one, i) =>
    [...one.refused, ...refused].map((text) => `ROOMS[${i}] (${one.room.name}): ${text}`),
  )
  report('These settings are refused here or have no counterpart. Decide on each, docs/migrate.md says how:', unlike)
  report('The rooms cannot be deployed as they are. Change these:', parseRooms(rooms).problems)
}

function report(what: string, problems: readonly string[]): void {
  if (problems.length === 0) return
  process.exitCode = 1
  console.error(`${what}\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
}

try {
  const options = readOptions()
  if (options === null) console.log(HELP)
  else migrate(options)
} catch (error) {
  const usage = error instanceof TypeError && 'code' in error
  if (!(error instanceof MigrateError) && !usage) throw error
  console.error(usage ? `${(error as Error).message}\n${HELP}` : (error as Error).message)
  process.exitCode = 1
}
