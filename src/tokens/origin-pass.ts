/**
 * The pass as the origin gets it with `PASS_KEYS`: a JWT that anyone can verify with the published
 * keys, and only the deployment can sign. Our own cookie stays as it is.
 */
import { type JSONWebKeySet, type JWTPayload, SignJWT } from 'jose'
import { HONOURED_PASS_SECONDS } from '../limits.ts'
import { type PassKey, publicKeys } from './pass-keys.ts'
import type { Token } from './token.ts'

/** The audience of a room's passes: a pass for one room is not valid for another. */
export function audienceOf(room: string): string {
  return `waiting-room:${room}`
}

interface SignedPass {
  readonly text: string
  readonly issuer: string
  readonly expiresSeconds: number
}

export class OriginPasses {
  private readonly keys: readonly PassKey[]
  readonly jwks: JSONWebKeySet
  private readonly issuer: string | null
  /**
   * A signature takes 100 to 150 us, a third of a forwarded request, so there is one per pass. An
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
    const issuer = this.issuerFor(origin)
    const known = this.signed.get(pass)
    if (known?.issuer === issuer && nowMs / 1000 < known.expiresSeconds) return known.text
    return this.sign(pass, issuer, Math.floor(nowMs / 1000))
  }

  /** @param origin of the requested URL */
  issuerFor(origin: string): string {
    return this.issuer ?? origin
  }

  /** @param type of the token, so that no kind of token is accepted as another */
  signToken(type: string, issuer: string, claims: JWTPayload): Promise<string> {
    const { kid, alg, key } = this.keys[0] as PassKey
    return new SignJWT({ iss: issuer, ...claims }).setProtectedHeader({ alg, kid, typ: type }).sign(key)
  }

  private async sign(pass: Token, issuer: string, nowSeconds: number): Promise<string> {
    const { room, run, number } = pass
    // The room is out of reach, and honours the pass beyond its life.
    const isHonoured = nowSeconds >= pass.expiresSeconds
    const issuedSeconds = isHonoured ? nowSeconds : pass.issuedSeconds
    const expiresSeconds = isHonoured ? nowSeconds + HONOURED_PASS_SECONDS : pass.expiresSeconds
    const text = await this.signToken('JWT', issuer, {
      aud: audienceOf(room),
      sub: `${run}-${number}`,
      iat: issuedSeconds,
      exp: expiresSeconds,
      room,
      run,
      number,
    })
    this.signed.set(pass, { text, issuer, expiresSeconds })
    return text
  }
}
