/**
 * Carries the keys of a table of Cloudflare's API over: each one is converted, or reported with the
 * reason why not.
 */
import { type CloudflareRoom, oneLine } from './cloudflare-rooms.ts'

/** The result for one key. */
export interface Carried {
  readonly settings?: Readonly<Record<string, unknown>>
  /** Changed settings and settings without a counterpart, one sentence each. */
  readonly notes?: readonly string[]
  /** Notes that affect visitors: settings that are refused or cannot be expressed. */
  readonly refused?: readonly string[]
}

/** Conversions by key. */
export type Conversions = Readonly<Record<string, (value: unknown, from: CloudflareRoom) => Carried>>

export const NOTHING: Carried = {}
export const note = (...notes: string[]): Carried => ({ notes })
export const refuse = (...refused: string[]): Carried => ({ refused })

/** `notes` has the refused ones, too. */
export function carryOver(conversions: Conversions, from: CloudflareRoom): Required<Carried> {
  const settings: Record<string, unknown> = {}
  const notes: string[] = []
  const refused: string[] = []
  for (const key of new Set([...Object.keys(conversions), ...Object.keys(from)])) {
    const value = from[key]
    if (value === undefined) continue
    const convert = Object.hasOwn(conversions, key) ? conversions[key] : undefined
    const carried = convert?.(value, from) ?? unknownKey(key, value)
    Object.assign(settings, carried.settings)
    notes.push(...(carried.notes ?? []), ...(carried.refused ?? []))
    refused.push(...(carried.refused ?? []))
  }
  return { settings, notes, refused }
}

/** A key that is newer than this script. A set value may affect visitors. */
function unknownKey(key: string, value: unknown): Carried {
  const text = `${oneLine(key)} is unknown: not carried over.`
  const isOff = value === null || value === false || value === '' || (Array.isArray(value) && value.length === 0)
  return isOff ? note(text) : refuse(text)
}
