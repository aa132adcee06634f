/**
 * Redirect mode, for a site that is not behind the waiting room: visitors without a session are
 * sent to the room, which sends them back with a code. The code is exchanged for a cookie of the
 * site. From time to time a page goes through the room again, which shows the room that its visitor
 * is still there.
 */
import { type Answer, type Guard, problemAnswer, type Verdict } from './guard.ts'
import { type Incoming, readIncoming } from './incoming.ts'
import { isLoopback, type KeySource, type WaitUntil } from './key-set.ts'
import { waitingRoomKeys } from './pass.ts'
import { type CookieOptions, cookieValues, readSession, secretsOf, sessionCookie, setCookie } from './session-cookie.ts'
import { type SpentCodes, SpentInMemory } from './spent-codes.ts'
import { isSkipped, type Skip } from './static-files.ts'
import { CLOCK_SKEW_DEFAULT_SECONDS, type TokenResult, verifyToken } from './verify-token.ts'

export interface RedirectOptions {
  /** The scheme and host of the waiting room, such as `https://wait.example`. */
  readonly waitingRoom: string
  /** The name of the room. */
  readonly room: string
  /** This site as `return_hosts` of the room names it, such as `shop.example`. */
  readonly audience: string
  /** Signs the session cookie: 32 characters or more. Of several, the first signs. */
  readonly secret: string | readonly string[]
  /** Default: in this process. Several processes must share one. */
  readonly spent?: SpentCodes
  /** How far the clocks may differ. Default: 30. */
  readonly clockSkewSeconds?: number
  /** Requests that need no session. Default: static files. */
  readonly skip?: Skip
  /** The issuer of codes, if the room has a PASS_ISSUER. Default: `waitingRoom`. */
  readonly issuer?: string
  /** Default: those of the waiting room. */
  readonly keys?: KeySource
  /** Told when codes are refused again and again. Default: `console.warn`. */
  readonly warn?: (message: string) => void
  /** Milliseconds since 1970, for tests. */
  readonly now?: () => number
}

export const CODE_PARAMETER = 'waiting_room_code'
const CODE_TYPE = 'waiting-room-code+jwt'

/** Visitors whose codes are refused this often within a minute see an error. */
const REFUSALS_MAX = 3
const REFUSALS_SECONDS = 60

/**
 * A guard for the adapters.
 * @throws TypeError for options that cannot work
 */
export function redirectMode(options: RedirectOptions): Guard {
  const mode = new RedirectMode(options)
  return { check: (request, waitUntil) => mode.check(readIncoming(request), waitUntil) }
}

interface CodeClaims {
  readonly jti: string
  /** For how long the session lasts, and after how long its next page goes through the room. */
  readonly session: number
  readonly renew: number
}

class RedirectMode {
  private readonly options: RedirectOptions
  private readonly keys: KeySource
  private readonly spent: SpentCodes
  private readonly cookie: CookieOptions
  /** Scheme and host of this site. */
  private readonly site: string
  private readonly refusals: string

  constructor(options: RedirectOptions) {
    const { waitingRoom, room, audience, secret, spent, now } = options
    if (!/^[a-z0-9-]{1,32}$/.test(room)) throw new TypeError('room must be the name of a room')
    const { hostname } = siteUrl(audience)
    // Browsers treat this machine as secure, but keep no Secure cookie from it everywhere.
    const insecure = isLoopback(hostname)
    this.options = options
    this.keys = options.keys ?? waitingRoomKeys(waitingRoom)
    this.spent = spent ?? new SpentInMemory(now === undefined ? {} : { now })
    this.site = `${insecure ? 'http' : 'https'}://${audience}`
    const prefix = insecure ? '' : '__Host-'
    this.cookie = { name: `${prefix}waiting-room-session-${room}`, audience, secrets: secretsOf(secret), insecure }
    this.refusals = `${prefix}waiting-room-refusals-${room}`
  }

  async check(request: Incoming, waitUntil?: WaitUntil): Promise<Verdict> {
    const { room, now = Date.now, skip } = this.options
    if (isSkipped(request, skip)) return { admitted: true, admission: null }
    const nowMs = now()
    const session = await readSession(request.header('cookie'), this.cookie, room, nowMs)
    const { code, target } = withoutCode(request.target ?? '/')
    const isPage = isNavigation(request)
    if (code !== null && isPage) {
      if (session !== null && nowMs / 1000 < session.renewAt) return refused(this.toPage(target, []))
      return refused(await this.exchange(request, { code, target, nowMs, waitUntil }))
    }
    // Only pages can be sent to the room and back. Anything else may use the session to its end.
    if (session !== null && (!isPage || nowMs / 1000 < session.renewAt)) return { admitted: true, admission: session }
    return refused(isPage ? redirect(this.roomUrl(target), []) : this.noSession(request))
  }

  /** The answer to a page that came back from the room with a code. */
  private async exchange(
    request: Incoming,
    {
      code,
      target,
      nowMs,
      waitUntil,
    }: { code: string; target: string; nowMs: number; waitUntil: WaitUntil | undefined },
  ): Promise<Answer> {
    const { waitingRoom, audience, issuer = waitingRoom, clockSkewSeconds = CLOCK_SKEW_DEFAULT_SECONDS } = this.options
    const rules = { keys: this.keys, issuer, audience, type: CODE_TYPE, clockSkewSeconds }
    const result = await verifyToken(code, rules, nowMs, waitUntil)
    if (result.state === 'unavailable') {
      const detail = 'The public keys of the waiting room cannot be read. Reload this page.'
      return problemAnswer(503, 'Try again', { detail, headers: [['Retry-After', '5']] })
    }
    const problem = await this.problemOf(result, clockSkewSeconds)
    if (problem !== null || result.state !== 'valid') return this.again(request, target, problem ?? result.state)
    const { session, renew } = result.claims as unknown as CodeClaims
    const issuedAt = Math.floor(nowMs / 1000)
    const times = { issuedAt, expiresAt: issuedAt + session, renewAt: issuedAt + renew }
    const cookie = await sessionCookie({ ...result.admission, ...times }, this.cookie)
    return this.toPage(target, this.refusalsOf(request) > 0 ? [cookie, this.refusalCookie(0)] : [cookie])
  }

  /** Null: the code counts, this one time. */
  private async problemOf(result: TokenResult, clockSkewSeconds: number): Promise<string | null> {
    if (result.state !== 'valid') return `${result.state}: ${'reason' in result ? result.reason : ''}`
    const { jti, session, renew } = result.claims as Partial<CodeClaims>
    if (typeof jti !== 'string' || !isSeconds(session) || !isSeconds(renew)) return 'foreign: not a code'
    if (result.admission.room !== this.options.room) return 'foreign: of another room'
    const isFirst = await this.spent.spend(jti, result.admission.expiresAt + clockSkewSeconds)
    return isFirst ? null : 'it was used before'
  }

  /**
   * An old code is no mistake of its visitor, who may have reloaded the page or followed a shared
   * link: the room gives them a new one. Codes that are refused again and again would go round in
   * circles.
   */
  private again(request: Incoming, target: string, problem: string): Answer {
    const count = this.refusalsOf(request) + 1
    if (count <= REFUSALS_MAX) return redirect(this.roomUrl(target), [this.refusalCookie(count)])
    const { warn = console.warn } = this.options
    warn(`waiting room: codes are refused again and again (${problem}). Compare the clocks, the audience and the keys.`)
    const detail = `The site cannot accept the codes of the waiting room (${problem}).`
    return problemAnswer(503, 'No session', { detail, headers: [['Retry-After', String(REFUSALS_SECONDS)]] })
  }

  private refusalsOf(request: Incoming): number {
    const [text = ''] = cookieValues(request.header('cookie'), this.refusals)
    return /^\d$/.test(text) ? Number(text) : 0
  }

  private refusalCookie(count: number): string {
    return setCookie(this.refusals, String(count), count === 0 ? 0 : REFUSALS_SECONDS, this.cookie.insecure)
  }

  /** For scripts, forms and programs, which the room's page could not answer. */
  private noSession(request: Incoming): Answer {
    const link = this.roomUrl(this.pageOf(request))
    const detail = 'Open the address in waitingRoom in a browser to get a place in line.'
    const headers = [
      ['Retry-After', '5'],
      ['Link', `<${link}>; rel="waiting-room"`],
    ] as const
    return problemAnswer(503, 'No session', { detail, headers, more: { room: this.options.room, waitingRoom: link } })
  }

  /** The page that a request without a session comes from. */
  private pageOf(request: Incoming): string {
    const referrer = request.header('referer') ?? ''
    if (!URL.canParse(referrer)) return '/'
    const { origin, pathname, search } = new URL(referrer)
    return origin === this.site ? withoutCode(pathname + search).target : '/'
  }

  private roomUrl(target: string): string {
    const { waitingRoom, room } = this.options
    return `${waitingRoom}/r/${room}?return=${encodeURIComponent(this.site + target)}`
  }

  /** With the scheme and host: a path such as `//evil.example` would be another host. */
  private toPage(target: string, cookies: readonly string[]): Answer {
    return redirect(this.site + target, cookies)
  }
}

function siteUrl(audience: string): URL {
  const url = URL.canParse(`https://${audience}`) ? new URL(`https://${audience}`) : null
  if (url !== null && url.host === audience) return url
  throw new TypeError(`audience must be the host of this site in lower case, such as "shop.example", not "${audience}"`)
}

function refused(answer: Answer): Verdict {
  return { admitted: false, answer }
}

/** The code stays out of the next page's referrer. */
function redirect(location: string, cookies: readonly string[]): Answer {
  const headers: [string, string][] = [
    ['Location', location],
    ['Cache-Control', 'no-store'],
    ['Referrer-Policy', 'no-referrer'],
  ]
  return { status: 303, headers: [...headers, ...cookies.map((cookie) => ['Set-Cookie', cookie] as const)], body: '' }
}

function isSeconds(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0
}

/** A page in a window or tab. Frames and prefetches cannot wait in line. */
function isNavigation(request: Incoming): boolean {
  if (request.method !== 'GET') return false
  if (request.header('sec-purpose')?.includes('prefetch') === true) return false
  const mode = request.header('sec-fetch-mode')
  if (mode !== null) return mode === 'navigate' && request.header('sec-fetch-dest') === 'document'
  return request.header('accept')?.includes('text/html') === true
}

/** The code in a request target, and the target without it. The rest stays as it is. */
export function withoutCode(target: string): { readonly code: string | null; readonly target: string } {
  const mark = target.indexOf('?')
  if (mark < 0 || !target.includes(CODE_PARAMETER)) return { code: null, target }
  const prefix = `${CODE_PARAMETER}=`
  const parts = target.slice(mark + 1).split('&')
  const kept = parts.filter((part) => !part.startsWith(prefix))
  const code = parts.find((part) => part.startsWith(prefix))?.slice(prefix.length) ?? null
  return { code, target: target.slice(0, mark) + (kept.length === 0 ? '' : `?${kept.join('&')}`) }
}
