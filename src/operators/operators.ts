/**
 * The operators of the rooms, from `ADMIN_TOKEN` = `name:token[:read][,name:token[:read]...]`, or
 * one bare token for an operator named `admin`. The audit records the name. `read` makes the token
 * read-only.
 */
import { ADMIN_TOKEN_MIN_CHARS } from '../limits.ts'
import { secretRemedy } from '../settings/problems.ts'
import { base64Url } from '../tokens/signing-keys.ts'
import { OPERATORS_MAX } from './limits.ts'

export type OperatorKind = 'full' | 'read'

export interface Operator {
  readonly name: string
  readonly kind: OperatorKind
}

export interface TokenOperator extends Operator {
  /** The hash of the token, which itself is not stored. */
  readonly digest: ArrayBuffer
  /** Binds sessions to the token: they end when it is removed or replaced. */
  readonly fingerprint: string
}

const BARE_NAME = 'admin'
const FORM = /^(?:([a-z0-9-]{1,32}):)?([^\s:,]+?)(?::(read|full))?$/
const REMEDY = `${secretRemedy('ADMIN_TOKEN')}; docs/api.md shows how to generate one`

/** @throws Error that names every unusable entry, without its token */
export async function importOperators(value: string): Promise<readonly TokenOperator[]> {
  const entries = value.split(',').map((entry) => entry.trim())
  const parsed = entries.map(parseEntry)
  const problems = parsed.flatMap((entry, i) => ('problem' in entry ? [`entry ${i + 1} ${entry.problem}`] : []))
  const good = parsed.filter((entry) => !('problem' in entry)) as Parsed[]
  if (entries.length > OPERATORS_MAX) problems.push(`has more than ${OPERATORS_MAX} entries`)
  if (new Set(good.map(({ name }) => name)).size < good.length) problems.push('has two entries with the same name')
  if (new Set(good.map(({ token }) => token)).size < good.length) problems.push('has the same token twice')
  if (problems.length > 0) throw new Error(`ADMIN_TOKEN: ${problems.join('; ')}. ${REMEDY}`)
  return Promise.all(good.map(importEntry))
}

interface Parsed extends Operator {
  readonly token: string
}

function parseEntry(entry: string): Parsed | { readonly problem: string } {
  const [, name = BARE_NAME, token, kind = 'full'] = FORM.exec(entry) ?? []
  if (token === undefined) return { problem: 'is not name:token, name:token:read or a token' }
  if (token.length < ADMIN_TOKEN_MIN_CHARS) {
    return { problem: `has a token of ${token.length} characters, ${ADMIN_TOKEN_MIN_CHARS} or more are needed` }
  }
  return { name, token, kind: kind as OperatorKind }
}

async function importEntry({ name, kind, token }: Parsed): Promise<TokenOperator> {
  const fingerprint = base64Url(new Uint8Array(await sha256(`operator session ${token}`))).slice(0, 22)
  return { name, kind, digest: await sha256(token), fingerprint }
}

/**
 * Compares hashes of all tokens in constant time, so that timing reveals neither a length nor a
 * matching prefix.
 */
export async function operatorOf(token: string, operators: readonly TokenOperator[]): Promise<TokenOperator | null> {
  const given = await sha256(token)
  let found: TokenOperator | null = null
  for (const operator of operators) if (crypto.subtle.timingSafeEqual(given, operator.digest)) found = operator
  return found
}

function sha256(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
}
