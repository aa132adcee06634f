/**
 * Bypass rules of Cloudflare's Waiting Room as ours, as far as their expressions say no more than a path or addresses.
 */
import { type CloudflareRoom, isTable, MigrateError } from './cloudflare-rooms.ts'

export interface MigratedRules {
  readonly bypass: readonly Readonly<Record<string, unknown>>[]
  readonly notes: readonly string[]
  /** Those of the notes that are about rules in force: whoever skips the room there would wait here. */
  readonly refused: readonly string[]
}

const PATH = String.raw`http\.request\.uri\.path`
const ADDRESS = String.raw`[0-9a-fA-F.:]+(?:/\d{1,3})?`

/** Each with what its match becomes. */
const EXPRESSIONS: readonly [RegExp, (match: string) => Record<string, unknown>][] = [
  [new RegExp(`^${PATH} eq "([^"*]+)"$`), (path) => ({ paths: [path] })],
  [new RegExp(String.raw`^starts_with\(${PATH}, ?"([^"*]+)"\)$`), (path) => ({ paths: [`${path}*`] })],
  [new RegExp(String.raw`^ends_with\(${PATH}, ?"([^"*]+)"\)$`), (end) => ({ paths: [`/*${end}`] })],
  [new RegExp(`^${PATH} contains "/([^"*]+)"$`), (part) => ({ paths: [`/${part}*`, `/*/${part}*`] })],
  [new RegExp(`^ip\\.src eq (${ADDRESS})$`), (address) => ({ addresses: [address] })],
  [new RegExp(`^ip\\.src in \\{(${ADDRESS}(?: +${ADDRESS})*)\\}$`), (list) => ({ addresses: list.split(/ +/) })],
]

/** @throws MigrateError when the text is no answer of the rules API */
export function migrateRules(text: string): MigratedRules {
  const bypass: Record<string, unknown>[] = []
  const notes: string[] = []
  const refused: string[] = []
  for (const { expression, enabled, status, description } of rulesIn(text)) {
    const told = `rule ${JSON.stringify(description ?? expression)}`
    const ours = bypassOf(String(expression))
    if (enabled === false || status === 'disabled') notes.push(`${told} is off there: not taken over.`)
    else if (ours === null)
      refused.push(`${told} is not taken over, write it by hand (docs/abuse.md): ${oneLine(String(expression))}`)
    else bypass.push(ours)
  }
  return { bypass, notes: [...refused, ...notes].map(oneLine), refused: refused.map(oneLine) }
}

function bypassOf(expression: string): Record<string, unknown> | null {
  const bare = expression
    .trim()
    .replace(/^\((.*)\)$/, '$1')
    .replace(/^ip\.src\s/, 'ip.src ')
  for (const [pattern, make] of EXPRESSIONS) {
    const match = pattern.exec(bare)?.[1]
    if (match !== undefined) return make(match)
  }
  return null
}

function rulesIn(text: string): CloudflareRoom[] {
  const wanted = 'wanted is the answer of GET /zones/ZONE/waiting_rooms/ROOM/rules'
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    throw new MigrateError(`The file of --rules is no JSON; ${wanted}.`)
  }
  const rules = isTable(answer) ? answer.result : answer
  if (!Array.isArray(rules) || !rules.every((rule) => isTable(rule) && typeof rule.expression === 'string')) {
    throw new MigrateError(`The file of --rules has no rules; ${wanted}.`)
  }
  return rules
}

function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: TOML allows none in a comment
  return text.replace(/[\x00-\x1f\x7f]+/g, ' ').slice(0, 400)
}
