/**
 * npm run migrate -- FILE: converts an answer of Cloudflare's Waiting Room API to `[[vars.ROOMS]]`
 * tables on standard output, with comments on changed settings. Settings that are refused or have
 * no counterpart are also listed on standard error, with exit status 1. Makes no network calls and
 * changes no files.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { stringify } from 'smol-toml'
import { parseRooms } from '../src/settings/rooms.ts'
import { MigrateError, roomsInAnswer } from './migrate/cloudflare-rooms.ts'
import { migrateEvents } from './migrate/migrate-events.ts'
import { migrateRoom } from './migrate/migrate-room.ts'
import { migrateRules } from './migrate/migrate-rules.ts'

const HELP = `npm run --silent migrate -- FILE [--rules FILE] [--events FILE] [--env NAME] > rooms.toml
  FILE          the API's answer to GET /zones/ZONE/waiting_rooms or .../waiting_rooms/ROOM; "-": standard input
  --rules FILE  the bypass rules of the single room in FILE: GET .../waiting_rooms/ROOM/rules
  --events FILE the events of the single room in FILE: GET .../waiting_rooms/ROOM/events
  --env NAME    write the tables for an environment of wrangler.toml, such as production
Replace the tables in wrangler.toml with the output. docs/migrate.md describes how every key is migrated.`

interface Options {
  readonly file: string
  readonly rules: string | undefined
  readonly events: string | undefined
  readonly env: string | undefined
}

function readOptions(): Options | null {
  const text = { type: 'string' } as const
  const options = { rules: text, events: text, env: text, help: { type: 'boolean', short: 'h' } } as const
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  if (values.help) return null
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0) throw new MigrateError(`Pass one file.\n${HELP}`)
  if (values.env !== undefined && !/^[A-Za-z0-9_-]+$/.test(values.env)) throw new MigrateError('--env: invalid name')
  return { file, rules: values.rules, events: values.events, env: values.env }
}

function textOf(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new MigrateError(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}

const NONE = { notes: [], refused: [] }

function migrate({ file, rules, events, env }: Options): void {
  const found = roomsInAnswer(textOf(file))
  for (const [option, value] of Object.entries({ rules, events })) {
    if (value !== undefined && found.length > 1) {
      throw new MigrateError(`--${option} is for a single room: pass the answer to .../waiting_rooms/ROOM with it.`)
    }
  }
  const moreRules = rules === undefined ? { bypass: [], ...NONE } : migrateRules(textOf(rules))
  const moreEvents = events === undefined ? { events: [], ...NONE } : migrateEvents(textOf(events), Date.now())
  // The next event of the room is one of the events.
  const migrated = found.map((room) =>
    migrateRoom(events === undefined ? room : { ...room, next_event_start_time: null }),
  )
  const rooms = migrated.map(({ room }) => ({
    ...room,
    ...(moreRules.bypass.length > 0 ? { bypass: moreRules.bypass } : {}),
    ...(moreEvents.events.length > 0 ? { events: moreEvents.events } : {}),
  }))
  const notes = [...moreRules.notes, ...moreEvents.notes]
  const refused = [...moreRules.refused, ...moreEvents.refused]
  for (const [i, room] of rooms.entries()) {
    const comments = [...(migrated[i]?.notes ?? []), ...notes].map((text) => `# ${text}\n`)
    const vars = { vars: { ROOMS: [room] } }
    console.log(`${comments.join('')}${stringify(env === undefined ? vars : { env: { [env]: vars } })}`)
  }
  const different = migrated.flatMap((converted, i) =>
    [...converted.refused, ...refused].map((text) => `ROOMS[${i}] (${converted.room.name}): ${text}`),
  )
  report('These settings are refused here or have no counterpart. Decide on each, docs/migrate.md says how:', different)
  report('These settings are invalid. Fix them before the deploy:', parseRooms(rooms).problems)
}

function report(heading: string, problems: readonly string[]): void {
  if (problems.length === 0) return
  process.exitCode = 1
  console.error(`${heading}\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
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
