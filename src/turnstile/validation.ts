/**
 * Validates the tokens of the Turnstile widget at Cloudflare's endpoint, a bounded number at once.
 * https://developers.cloudflare.com/turnstile/get-started/server-side-validation/
 */
import { ageMs } from '../core/age.ts'
import { boundedText } from '../http/body.ts'
import {
  CHECK_ATTEMPT_MS,
  CHECK_BODY_MAX_BYTES,
  CHECK_GIVE_UP_MS,
  CHECK_LOOK_MS,
  CHECK_TOKEN_LIFE_SECONDS,
  CHECKS_PARALLEL_MAX,
  CHECKS_WAITING_MAX,
  SPENT_CHECKS_MAX,
} from '../limits.ts'
import { logRepeatedWarning } from '../log/log.ts'
import { errorText } from '../log/scrub.ts'
import type { TurnstileSettings } from '../settings/turnstile-settings.ts'
import { base64Url } from '../tokens/signing-keys.ts'
import { Spent } from '../tokens/spent.ts'

/** The widget's `action`: a token that was made for another form does not count. */
export const JOIN_ACTION = 'waiting-room-join'

export type Validation =
  | 'passed'
  /** Definite: not a token of this widget, host and action. */
  | 'failed'
  /** Used before, or too old. The visitor may make a new one. */
  | 'repeated'
  | 'unreachable'
  /** Too many validations are under way. */
  | 'busy'

/** The fields of the endpoint's answer that matter here. */
interface Verdict {
  readonly success: boolean
  readonly hostname?: unknown
  readonly action?: unknown
  readonly challenge_ts?: unknown
  readonly 'error-codes'?: readonly unknown[]
}

/** Cloudflare's secret keys for tests, whose answers name no host and no action of ours. */
const TEST_SECRET = /^[123]x0+AA$/

export class TurnstileValidator {
  readonly siteKey: string
  private readonly settings: TurnstileSettings
  private readonly isTest: boolean
  private readonly spent = new Spent(SPENT_CHECKS_MAX)
  /**
   * When each validation under way began. The work of a request whose client has gone may be
   * cancelled, so entries end by their age, too.
   */
  private readonly underWay = new Map<object, number>()
  /** When each validation that waits for its turn came. Entries end in the same way. */
  private readonly waiting = new Map<object, number>()

  constructor(settings: TurnstileSettings) {
    this.settings = settings
    this.siteKey = settings.siteKey
    this.isTest = TEST_SECRET.test(settings.secret)
  }

  /** @param hostname the host whose page showed the widget */
  async validate(token: string, hostname: string): Promise<Validation> {
    if (!(await this.spend(token))) return 'repeated'
    const turn = await this.turn()
    if (turn === null) return 'busy'
    try {
      const verdict = await this.verdict(token)
      return verdict === null ? 'unreachable' : this.judge(verdict, hostname)
    } finally {
      this.underWay.delete(turn)
    }
  }

  /** False: this isolate has seen the token before. Kept as a hash, since tokens are long. */
  private async spend(token: string): Promise<boolean> {
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))
    return this.spent.spend(base64Url(new Uint8Array(digest, 0, 12)))
  }

  /**
   * Waits until fewer than the maximum are under way; null: too many wait already, or for too long.
   * Each request looks by its own timer, since it must not depend on another one's.
   */
  private async turn(): Promise<object | null> {
    const turn = {}
    const startMs = Date.now()
    if (!this.isFree(startMs)) {
      // Old entries are removed only when a request arrives: if every waiting request did it, the
      // work would grow with their square.
      forgetOld(this.waiting, startMs)
      if (this.waiting.size >= CHECKS_WAITING_MAX) return null
      this.waiting.set(turn, startMs)
      do {
        if (isOld(startMs, Date.now())) return null
        await new Promise((resume) => setTimeout(resume, CHECK_LOOK_MS))
      } while (!this.isFree(Date.now()))
      this.waiting.delete(turn)
    }
    this.underWay.set(turn, Date.now())
    return turn
  }

  private isFree(nowMs: number): boolean {
    forgetOld(this.underWay, nowMs)
    return this.underWay.size < CHECKS_PARALLEL_MAX
  }

  /** Null: no verdict. With one key for both attempts the second may repeat the first. */
  private async verdict(token: string): Promise<Verdict | null> {
    const { secret, verifyUrl } = this.settings
    const body = JSON.stringify({ secret, response: token, idempotency_key: crypto.randomUUID() })
    let problem = ''
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        const verdict = await ask(verifyUrl, body)
        const trouble = verdict.success ? undefined : verdict['error-codes']?.find(isTrouble)
        if (trouble === undefined) return verdict
        problem = String(trouble)
      } catch (error) {
        problem = errorText(error)
      }
    }
    logRepeatedWarning('turnstile_unreachable', verifyUrl, { error: problem })
    return null
  }

  private judge(verdict: Verdict, hostname: string): Validation {
    if (!verdict.success) return verdict['error-codes']?.includes('timeout-or-duplicate') ? 'repeated' : 'failed'
    if (this.isTest) return 'passed'
    if (verdict.hostname !== hostname || verdict.action !== JOIN_ACTION) return 'failed'
    const skewMs = Math.abs(Date.now() - Date.parse(String(verdict.challenge_ts)))
    return skewMs <= CHECK_TOKEN_LIFE_SECONDS * 1000 ? 'passed' : 'repeated'
  }
}

function isOld(startMs: number, nowMs: number): boolean {
  return ageMs(startMs, nowMs) >= CHECK_GIVE_UP_MS
}

function forgetOld(startedMs: Map<object, number>, nowMs: number): void {
  for (const [turn, startMs] of startedMs) if (isOld(startMs, nowMs)) startedMs.delete(turn)
}

/** Codes that say nothing about the visitor: a wrong secret, a broken endpoint. */
function isTrouble(code: unknown): boolean {
  return code !== 'invalid-input-response' && code !== 'missing-input-response' && code !== 'timeout-or-duplicate'
}

async function ask(url: string, body: string): Promise<Verdict> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body,
    redirect: 'manual',
    signal: AbortSignal.timeout(CHECK_ATTEMPT_MS),
  })
  const text = await boundedText(response, CHECK_BODY_MAX_BYTES)
  // An unusable request gets a 400 with the codes.
  const verdict: Partial<Verdict> | null = JSON.parse(text ?? 'null')
  if (typeof verdict?.success !== 'boolean') throw new Error(`status ${response.status}`)
  return verdict as Verdict
}
