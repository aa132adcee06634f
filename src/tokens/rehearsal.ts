/**
 * The proofs of a rehearsal, by the secret `REHEARSAL_TOKEN` that the room and `npm run rehearse`
 * share. A room proves to the tool that it allows rehearsals, so that nobody aims a crowd at the
 * site of somebody else. A visitor of the tool proves to the room that it belongs to one, so that
 * the limits per address do not count it. Nothing else follows from either.
 */
import { decodeBase64Url, encodeBase64Url } from 'hono/utils/encode'
import { REHEARSAL_TOKEN_MIN_CHARS } from '../limits.ts'

/** `EXPIRES.MAC`: EXPIRES is in seconds since 1970. */
export const REHEARSAL_HEADER = 'Waiting-Room-Rehearsal'

/** The nonces that a room answers. */
export const REHEARSAL_NONCE = /^[\w-]{16,64}$/

const ALGORITHM = { name: 'HMAC', hash: 'SHA-256' }

/** Whether a token is long enough. */
export function isRehearsalToken(token: string): boolean {
  return token.length >= REHEARSAL_TOKEN_MIN_CHARS
}

export class Rehearsal {
  private readonly key: CryptoKey

  private constructor(key: CryptoKey) {
    this.key = key
  }

  /** @throws Error with the remedy if the token is too short */
  static async of(token: string): Promise<Rehearsal> {
    if (!isRehearsalToken(token)) {
      throw new Error(`REHEARSAL_TOKEN has ${token.length} characters, ${REHEARSAL_TOKEN_MIN_CHARS} are needed`)
    }
    const bytes = new TextEncoder().encode(token)
    return new Rehearsal(await crypto.subtle.importKey('raw', bytes, ALGORITHM, false, ['sign', 'verify']))
  }

  /** Proves to the caller who chose the nonce that this room, at this host, allows rehearsals. */
  proof(nonce: string, host: string, room: string): Promise<string> {
    return this.sign(`room ${nonce} ${host} ${room}`)
  }

  async isProof(mac: string, nonce: string, host: string, room: string): Promise<boolean> {
    return this.verify(mac, `room ${nonce} ${host} ${room}`)
  }

  /** The header of a rehearsal's visitors in one room. */
  async visitorHeader(room: string, expiresSeconds: number): Promise<string> {
    return `${expiresSeconds}.${await this.sign(`visitor ${room} ${expiresSeconds}`)}`
  }

  /** @param header null: the request has none */
  async isVisitor(header: string | null, room: string, nowMs: number): Promise<boolean> {
    const [, expires, mac] = /^(\d{1,12})\.([\w-]{43})$/.exec(header ?? '') ?? []
    if (expires === undefined || mac === undefined || Number(expires) * 1000 <= nowMs) return false
    return this.verify(mac, `visitor ${room} ${expires}`)
  }

  private async sign(text: string): Promise<string> {
    const mac = await crypto.subtle.sign('HMAC', this.key, new TextEncoder().encode(text))
    return encodeBase64Url(mac).replaceAll('=', '')
  }

  private async verify(mac: string, text: string): Promise<boolean> {
    const bytes = decodeBase64Url(mac)
    return crypto.subtle.verify('HMAC', this.key, bytes, new TextEncoder().encode(text))
  }
}
