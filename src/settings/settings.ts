/**
 * Everything that a deployment is configured with in plain variables, checked as one: all problems are named at once.
 */
import { ORIGIN_TIMEOUT_DEFAULT_SECONDS, ORIGIN_TIMEOUT_MAX_SECONDS } from '../limits.ts'
import { parseRooms, type RoomSettings } from './rooms.ts'

export interface Settings {
  readonly rooms: readonly RoomSettings[]
  /** Where admitted visitors go; null: to the binding ORIGIN, or to where the route leads. */
  readonly originUrl: URL | null
  /** How long the origin may take until its headers. */
  readonly originTimeoutSeconds: number
}

export interface RawSettings {
  readonly ROOMS?: unknown
  readonly ORIGIN_URL?: unknown
  readonly ORIGIN_TIMEOUT_SECONDS?: unknown
}

export class SettingsError extends Error {
  override name = 'SettingsError'
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(`These settings cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

/** @throws SettingsError that names every problem with its key */
export function parseSettings(raw: RawSettings): Settings {
  const { rooms, problems } = parseRooms(raw.ROOMS)
  const originUrl = parseOriginUrl(raw.ORIGIN_URL)
  const timeout = Number(raw.ORIGIN_TIMEOUT_SECONDS ?? ORIGIN_TIMEOUT_DEFAULT_SECONDS)
  const all: string[] = [...problems]
  if (originUrl === undefined) all.push('ORIGIN_URL: must be http:// or https:// and a host, without path or user')
  if (!Number.isInteger(timeout) || timeout < 1 || timeout > ORIGIN_TIMEOUT_MAX_SECONDS) {
    all.push(`ORIGIN_TIMEOUT_SECONDS: must be a whole number from 1 to ${ORIGIN_TIMEOUT_MAX_SECONDS}`)
  }
  if (rooms === null || originUrl === undefined || all.length > 0) throw new SettingsError(all)
  return { rooms, originUrl, originTimeoutSeconds: timeout }
}

/** Null: not set; undefined: cannot be used. */
function parseOriginUrl(value: unknown): URL | null | undefined {
  if (value === undefined || value === '') return null
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined
  const url = new URL(value)
  const plain =
    url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === ''
  return plain && (url.protocol === 'http:' || url.protocol === 'https:') ? url : undefined
}
