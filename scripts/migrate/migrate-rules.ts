/**
 * Converts bypass rules of Cloudflare's Waiting Room whose expressions match paths, addresses,
 * countries and methods.
 */
import { type CloudflareRoom, isTable, MigrateError, oneLine } from './cloudflare-rooms.ts'

export interface MigratedRules {
  readonly bypass: readonly Readonly<Record<string, unknown>>[]
  readonly notes: readonly string[]
  /** The notes about active rules: requests that skip the room at Cloudflare would wait here. */
  readonly refused: readonly string[]
}

const PATH = String.raw`http\.request\.uri\.path`
const ADDRESS = String.raw`[0-9a-fA-F.:]+(?:/\d{1,3})?`

/** Supported expressions, each with the conditions that its match becomes. */
const EXPRESSIONS: readonly [RegExp, (match: string) => Record<string, unknown>][] = [
  [new RegExp(`^${PATH} eq "([^"*]+)"$`), (path) => ({ paths: [path] })],
  [new RegExp(String.raw`^starts_with\(${PATH}, ?"([^"*]+)"\)$`), (path) => ({ paths: [`${path}*`] })],
  [new RegExp(String.raw`^ends_with\(${PATH}, ?"([^"*]+)"\)$`), (end) => ({ paths: [`/*${end}`] })],
  [new RegExp(`^${PATH} contains "/([^"*]+)"$`), (part) => ({ paths: [`/${part}*`, `/*/${part}*`] })],
  [new RegExp(`^ip\\.src eq (${ADDRESS})$`), (address) => ({ addresses: [address] })],
  [new RegExp(`^ip\\.src in \\{(${ADDRESS}(?: +${ADDRESS})*)\\}$`), (list) => ({ addresses: list.split(/ +/) })],
  [/^ip\.(?:src|geoip)\.country eq ("[A-Z0-9]+")$/, (code) => ({ countries: textsOf(code) })],
  [/^ip\.(?:src|geoip)\.country in \{("[A-Z0-9" ]+")\}$/, (codes) => ({ countries: textsOf(codes) })],
  [/^http\.request\.method eq ("[A-Z]+")$/, (method) => ({ methods: textsOf(method) })],
  [/^http\.request\.method in \{("[A-Z" ]+")\}$/, (methods) => ({ methods: textsOf(methods) })],
]

const textsOf = (list: string) => [...list.matchAll(/"([^"]+)"/g)].map(([, text]) => String(text))

/** @throws MigrateError if the text is not an answer of the rules API */
export function migrateRules(text: string): MigratedRules {
  const bypass: Record<string, unknown>[] = []
  const notes: string[] = []
  const refused: string[] = []
  for (const { expression, enabled, status, description } of rulesIn(text)) {
    const subject = `rule ${JSON.stringify(description ?? expression)}`
    const converted = bypassOf(String(expression))
    if (enabled === false || status === 'disabled') notes.push(`${subject} is off at Cloudflare: not carried over.`)
    else if (converted === null)
      refused.push(`${subject} is not carried over, write it by hand (docs/abuse.md): ${oneLine(expression)}`)
    else bypass.push(converted)
  }
  return { bypass, notes: [...refused, ...notes].map(bounded), refused: refused.map(bounded) }
}

const bounded = (text: string) => oneLine(text, 400)

/** Null: a part of the expression is not supported. */
function bypassOf(expression: string): Record<string, unknown> | null {
  const rule: Record<string, unknown> = {}
  for (const part of bare(expression).split(/ and (?=(?:[^"]*"[^"]*")*[^"]*$)/)) {
    const conditions = conditionsOf(bare(part).replace(/^ip\.src\s/, 'ip.src '))
    // A second condition of a kind would take the place of the first.
    if (conditions === null || Object.keys(conditions).some((key) => key in rule)) return null
    Object.assign(rule, conditions)
  }
  return rule
}

function bare(expression: string): string {
  return expression.trim().replace(/^\(([^()]*|starts_with\([^()]*\)|ends_with\([^()]*\))\)$/, '$1')
}

function conditionsOf(expression: string): Record<string, unknown> | null {
  for (const [pattern, make] of EXPRESSIONS) {
    const match = pattern.exec(expression)?.[1]
    if (match !== undefined) return make(match)
  }
  return null
}

function rulesIn(text: string): CloudflareRoom[] {
  const expected = 'expected the answer to GET /zones/ZONE/waiting_rooms/ROOM/rules'
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    throw new MigrateError(`The --rules file is not JSON; ${expected}.`)
  }
  const rules = isTable(answer) ? answer.result : answer
  if (!Array.isArray(rules) || !rules.every((rule) => isTable(rule) && typeof rule.expression === 'string')) {
    throw new MigrateError(`The --rules file has no rules; ${expected}.`)
  }
  return rules
}
