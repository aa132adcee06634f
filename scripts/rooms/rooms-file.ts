/** A file with rooms: `[[rooms]]` tables in TOML, or the same as JSON. */
import { readFileSync } from 'node:fs'
import { stringify } from 'smol-toml'
import { plainToml } from '../../src/settings/rooms-file.ts'
import { RoomsError } from './rooms-error.ts'

export type Document = Readonly<Record<string, unknown>>

/** Documents without their names, by name. */
export type Rooms = ReadonlyMap<string, Document>

export function readRooms(file: string): Rooms {
  const value = parsed(file, textOf(file))
  const { rooms, ...others } = Object(value) as { rooms?: unknown }
  const unknown = Object.keys(others)
  if (!Array.isArray(rooms) || unknown.length > 0) {
    const found = unknown.length > 0 ? `, not ${unknown.join(', ')}` : ''
    throw new RoomsError(`${file} must have a list "rooms" (in TOML: [[rooms]] tables)${found}`)
  }
  const byName = new Map<string, Document>()
  for (const [i, table] of rooms.entries()) {
    const { name, ...document } = Object(table) as { name?: unknown }
    if (typeof name !== 'string') throw new RoomsError(`${file}: rooms[${i}] has no name`)
    if (byName.has(name)) throw new RoomsError(`${file}: two rooms are named ${name}`)
    byName.set(name, document)
  }
  return byName
}

export function writtenRooms(rooms: Rooms, isJson: boolean): string {
  const tables = { rooms: [...rooms].map(([name, document]) => ({ name, ...document })) }
  return isJson ? `${JSON.stringify(tables, null, 2)}\n` : stringify(tables)
}

export function isJsonFile(file: string): boolean {
  return file.toLowerCase().endsWith('.json')
}

function textOf(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new RoomsError(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}

function parsed(file: string, text: string): unknown {
  const isJson = isJsonFile(file) || (file === '-' && text.trimStart().startsWith('{'))
  try {
    return isJson ? JSON.parse(text) : plainToml(text)
  } catch (error) {
    throw new RoomsError(`${file} is not valid ${isJson ? 'JSON' : 'TOML'}: ${(error as Error).message}`)
  }
}
