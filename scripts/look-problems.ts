/** Files of public/ that rooms name and that cannot be used: the Worker would fall back to the default page. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Mustache from 'mustache'
import { LOGO_MAX_BYTES, TEMPLATE_MAX_BYTES } from '../src/limits.ts'

/** Each with its key. `rooms`: as in wrangler.toml, whatever it is; what is wrong with other keys is not said here. */
export function lookProblems(rooms: unknown, folder: string): string[] {
  if (!Array.isArray(rooms)) return []
  return rooms.flatMap(({ template, logo }, i) => [
    ...fileProblem(`ROOMS[${i}].template`, template, folder, TEMPLATE_MAX_BYTES, (file) => {
      Mustache.parse(readFileSync(file, 'utf8'))
    }),
    ...fileProblem(`ROOMS[${i}].logo`, String(logo).startsWith('data:') ? undefined : logo, folder, LOGO_MAX_BYTES),
  ])
}

function fileProblem(
  key: string,
  name: unknown,
  folder: string,
  maxBytes: number,
  read: (file: string) => void = () => {},
): string[] {
  if (typeof name !== 'string') return []
  const file = join(folder, name)
  if (!existsSync(file)) return [`${key}: there is no file ${file}`]
  const { size } = statSync(file)
  if (size > maxBytes) return [`${key}: ${file} has ${size} bytes, ${maxBytes} at most`]
  try {
    read(file)
    return []
  } catch (error) {
    return [`${key}: ${file} is no Mustache template: ${(error as Error).message}`]
  }
}
