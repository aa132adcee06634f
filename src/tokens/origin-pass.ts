/**
 * The pass as the origin gets it with `PASS_KEYS`: a JWT that anyone can verify with the published
 * keys, and only the deployment can sign. Our own cookie stays as it is.
 */
import { type JSONWebKeySet, SignJWT } from 'jose'
import { HONOURED_PASS_SECONDS } from '../limits.ts'
import { type PassKey, publicKeys } from './pass-keys.ts'
import type { Token } from './token.ts'

/** The audience of a room's passes: a pass for one room is none for another. */
export function audienceOf(room: string): string {
  return `waiting-room:${room}`
}

interface SignedPass {
  readonly text: string
  readonly issuer: string
  readonly expiresSeconds: number
}

export class OriginPasses {
  readonly keys: readonly PassKey[]
  readonly jwks: JSONWebKeySet
  private readonly issuer: string | null
  /**
   * A signature takes longer than the rest of a forwarded request, so there is one per pass. An
   * entry lives as long as its token in `VerifiedTokens`, which bounds them.
   */
  private readonly signed = new WeakMap<Token, SignedPass>()

  /** @param issuer null: the origin of each requested URL */
  constructor(keys: readonly PassKey[], issuer: string | null) {
    this.keys = keys
    this.jwks = publicKeys(keys)
    this.issuer = issuer
  }

  /**
   * The header's value for a verified pass.
   * @param origin of the requested URL, as the visitor sees it
   */
  of(pass: Token, origin: string, nowMs: number): string | Promise<string> {
    const issuer = this.issuer ?? origin
    const known = this.signed.get(pass)
    if (known?.issuer === issuer && nowMs / 1000 < known.expiresSeconds) return known.text
    return this.sign(pass, issuer, Math.floor(nowMs / 1000))
  }

  private async sign(pass: Token, issuer: string, nowSeconds: number): Promise<string> {
    const { room, run, number } = pass
    // The room is out of reach, and honours the pass beyond its life.
    const isHonoured = nowSeconds >= pass.expiresSeconds
    const issuedSeconds = isHonoured ? nowSeconds : pass.issuedSeconds
    const expiresSeconds = isHonoured ? nowSeconds + HONOURED_PASS_SECONDS : pass.expiresSeconds
    const { kid, alg, key } = this.keys[0] as PassKey
    const text = await new SignJWT({ room, run, number })
      .setProtectedHeader({ alg, kid, typ: 'JWT' })
      .setIssuer(issuer)
      .setAudience(audienceOf(room))
      .setSubject(`${run}-${number}`)
      .setIssuedAt(issuedSeconds)
      .setExpirationTime(expiresSeconds)
      .sign(key)
    this.signed.set(pass, { text, issuer, expiresSeconds })
    return text
  }
}
