/** Checks the pass that the waiting room adds to each request of an admitted visitor. */
import type { JSONWebKeySet, JWTPayload } from 'jose'
import { type Answer, type Guard, problemAnswer } from './guard.ts'
import { type IncomingRequest, readIncoming } from './incoming.ts'
import { fixedKeys, type KeySource, remoteKeys, type WaitUntil } from './key-set.ts'
import { isSkipped, type Skip } from './static-files.ts'
import {
  type Admission,
  CLOCK_SKEW_DEFAULT_SECONDS,
  type TokenProblem,
  type TokenRules,
  verifyToken,
} from './verify-token.ts'

export const PASS_HEADER = 'waiting-room-pass'
const JWKS_PATH = '/__waiting-room/jwks.json'
const AUDIENCE_PREFIX = 'waiting-room:'

interface SharedOptions {
  /** `waiting-room:NAME` of the room, or of several rooms. */
  readonly audience: string | readonly string[]
  /** How far the clocks may differ. Default: 30. */
  readonly clockSkewSeconds?: number
  /** Requests that are not checked. Default: static files. */
  readonly skip?: Skip
  /** Milliseconds since 1970, for tests. */
  readonly now?: () => number
}

/** At least one of `issuer` and `jwks` is needed. */
export type PassOptions = SharedOptions &
  (
    | {
        /**
         * The address of the site as visitors see it, such as `https://shop.example`, or several.
         * The keys are read from `/__waiting-room/jwks.json` of the first one.
         */
        readonly issuer: string | readonly string[]
        readonly jwks?: KeyOption
      }
    | { readonly issuer?: string | readonly string[]; readonly jwks: KeyOption }
  )

/** An address, the keys themselves, or the result of `remoteKeys`. */
export type KeyOption = string | URL | JSONWebKeySet | KeySource

export type PassResult =
  | { readonly state: 'valid'; readonly admission: Admission; readonly claims: JWTPayload }
  /** The request needs no pass. */
  | { readonly state: 'skipped' }
  | PassProblem

/** `missing`: the request did not come through the waiting room, or past it. */
export interface PassProblem {
  readonly state: 'missing' | TokenProblem
  /** For the log. */
  readonly reason: string
}

export type PassVerifier = (request: IncomingRequest, waitUntil?: WaitUntil) => Promise<PassResult>

/**
 * A function that checks requests. Make it once: it keeps the keys.
 * @throws TypeError for options that cannot work
 */
export function passVerifier(options: PassOptions): PassVerifier {
  const { skip, now = Date.now } = options
  const rules = rulesOf(options)
  return async function verify(request, waitUntil) {
    const incoming = readIncoming(request)
    if (isSkipped(incoming, skip)) return { state: 'skipped' }
    const text = incoming.header(PASS_HEADER)
    if (text === null || text === '') return { state: 'missing', reason: 'no header Waiting-Room-Pass' }
    return verifyToken(text, rules, now(), waitUntil)
  }
}

const verifiers = new WeakMap<PassOptions, PassVerifier>()

/**
 * Checks one request. Never throws for what a visitor sends. Keys are read once for each address,
 * however often this is called.
 * @throws TypeError for options that cannot work
 */
export function verifyWaitingRoomPass(
  request: IncomingRequest,
  options: PassOptions,
  waitUntil?: WaitUntil,
): Promise<PassResult> {
  let verify = verifiers.get(options)
  if (verify === undefined) {
    verify = passVerifier(options)
    verifiers.set(options, verify)
  }
  return verify(request, waitUntil)
}

export interface RequirePassOptions {
  /** The answer to a request without a valid pass. Default: 403, or 503 without keys. */
  readonly refuse?: (problem: PassProblem) => Answer
}

/** A guard for the adapters: only requests with a valid pass go on. */
export function requirePass(options: PassOptions & RequirePassOptions): Guard {
  const verify = passVerifier(options)
  const { refuse = refusal } = options
  return {
    async check(request, waitUntil) {
      const result = await verify(request, waitUntil)
      if (result.state === 'valid') return { admitted: true, admission: result.admission }
      return result.state === 'skipped'
        ? { admitted: true, admission: null }
        : { admitted: false, answer: refuse(result) }
    },
  }
}

function refusal({ state, reason }: PassProblem): Answer {
  if (state === 'unavailable') {
    const detail = 'The public keys of the waiting room cannot be read.'
    return problemAnswer(503, 'Try again', { detail, headers: [['Retry-After', '5']] })
  }
  const detail = `This request needs a valid pass of the waiting room (${state}: ${reason}).`
  return problemAnswer(403, 'No pass', { detail })
}

function rulesOf({ issuer, jwks, audience, clockSkewSeconds = CLOCK_SKEW_DEFAULT_SECONDS }: PassOptions): TokenRules {
  for (const name of typeof audience === 'string' ? [audience] : audience) {
    if (!name.startsWith(AUDIENCE_PREFIX)) {
      throw new TypeError(`audience must be "${AUDIENCE_PREFIX}" and the name of a room, not "${name}"`)
    }
  }
  const [site] = typeof issuer === 'string' ? [issuer] : (issuer ?? [])
  const keys = jwks ?? (site === undefined ? null : siteKeys(site))
  if (keys === null) throw new TypeError('issuer or jwks is needed')
  return { keys: keySource(keys), issuer: issuer ?? null, audience, type: 'JWT', clockSkewSeconds }
}

function siteKeys(issuer: string): string {
  if (URL.canParse(issuer) && new URL(issuer).origin === issuer) return issuer + JWKS_PATH
  throw new TypeError(`issuer must be the scheme and host of the site, such as "https://shop.example", not "${issuer}"`)
}

/** The keys of the waiting room at this address: see `remoteKeys`. */
export function waitingRoomKeys(address: string): KeySource {
  return keySource(siteKeys(address))
}

/** Addresses whose keys are shared. A site has one or two. */
const SOURCES_MAX = 20
const sources = new Map<string, KeySource>()

function keySource(keys: KeyOption): KeySource {
  if (typeof keys !== 'string' && !(keys instanceof URL)) return 'keysFor' in keys ? keys : fixedKeys(keys)
  const address = String(keys)
  let source = sources.get(address)
  if (source === undefined) {
    source = remoteKeys(address)
    if (sources.size >= SOURCES_MAX) sources.clear()
    sources.set(address, source)
  }
  return source
}
