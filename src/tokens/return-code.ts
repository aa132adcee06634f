/**
 * The code of redirect mode: tells a site that its visitor was admitted just now. The site accepts
 * it once, and then sets its own session cookie.
 */
import {
  RETURN_CODE_LIFE_SECONDS,
  RETURN_RENEW_MAX_SECONDS,
  RETURN_RENEW_SHARE,
  RETURN_SESSION_SHARE,
} from '../limits.ts'
import type { OriginPasses } from './origin-pass.ts'
import type { Token } from './token.ts'

/** The query parameter that carries the code. */
export const CODE_PARAMETER = 'waiting_room_code'

/** Keeps codes and passes apart: neither is accepted as the other. */
const CODE_TYPE = 'waiting-room-code+jwt'

export interface ReturnCode {
  /** The host that the visitor returns to, with its port, if any. */
  readonly host: string
  readonly room: string
  /** Null: the visitor is let past the room without a place. */
  readonly pass: Pick<Token, 'run' | 'number'> | null
  readonly sessionTimeoutSeconds: number
}

/** @param origin of the requested URL, the issuer unless PASS_ISSUER is set */
export function signReturnCode(passes: OriginPasses, code: ReturnCode, origin: string, nowMs: number): Promise<string> {
  const { host, room, pass, sessionTimeoutSeconds } = code
  const issuedSeconds = Math.floor(nowMs / 1000)
  return passes.signToken(CODE_TYPE, passes.issuerFor(origin), {
    aud: host,
    sub: pass === null ? 'none' : `${pass.run}-${pass.number}`,
    iat: issuedSeconds,
    exp: issuedSeconds + RETURN_CODE_LIFE_SECONDS,
    jti: crypto.randomUUID(),
    room,
    run: pass?.run ?? null,
    number: pass?.number ?? null,
    ...sessionOf(sessionTimeoutSeconds),
  })
}

/**
 * How long the site's session lasts, and when its next page goes through the room, in seconds. Both
 * are shorter than the silence after which the slot is given away.
 */
function sessionOf(timeoutSeconds: number): { readonly session: number; readonly renew: number } {
  return {
    session: Math.floor(timeoutSeconds * RETURN_SESSION_SHARE),
    renew: Math.floor(Math.min(timeoutSeconds * RETURN_RENEW_SHARE, RETURN_RENEW_MAX_SECONDS)),
  }
}
