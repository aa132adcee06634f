/**
 * Operators whom Cloudflare Access has let in: the JWT that it adds to each request, verified with the team's public keys.
 * Needs `ACCESS_TEAM_DOMAIN` and `ACCESS_AUD`; Access itself decides who passes.
 */
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { ageMs } from '../core/age.ts'
import { ACCESS_KEYS_KEPT_MS, ACCESS_KEYS_RETRY_MS, ACCESS_TIMEOUT_MS } from '../limits.ts'
import { logWarning } from '../log/log.ts'
import { errorText } from '../log/scrub.ts'
import type { AccessSettings } from '../settings/settings.ts'
import type { Operator } from './operators.ts'

export const ACCESS_HEADER = 'Cf-Access-Jwt-Assertion'

type FetchKeys = (url: string) => Promise<JSONWebKeySet>

export class Access {
  private readonly issuer: string
  private readonly audience: string
  private readonly fetchKeys: FetchKeys
  private keys: JSONWebKeySet = { keys: [] }
  private fetchedMs = Number.NEGATIVE_INFINITY
  private askedMs = Number.NEGATIVE_INFINITY

  constructor({ teamDomain, audience }: AccessSettings, fetchKeys: FetchKeys = fetchKeySet) {
    this.issuer = `https://${teamDomain}`
    this.audience = audience
    this.fetchKeys = fetchKeys
  }

  /** The operator of a request, null where Access did not vouch for one. */
  async operatorOf(request: Request, nowMs: number): Promise<Operator | null> {
    const text = request.headers.get(ACCESS_HEADER)
    if (text === null || text === '') return null
    try {
      await this.refreshKeys(decodeProtectedHeader(text).kid, nowMs)
      const { payload } = await jwtVerify(text, createLocalJWKSet(this.keys), {
        issuer: this.issuer,
        audience: this.audience,
        algorithms: ['RS256'],
        requiredClaims: ['exp'],
        currentDate: new Date(nowMs),
      })
      // People have an address, service tokens a name.
      const name = payload.email ?? payload.common_name
      return typeof name === 'string' && name !== '' ? { name, kind: 'full' } : null
    } catch {
      return null
    }
  }

  /** Only the keys are shared between requests, never the fetch: no request may wait for another's. */
  private async refreshKeys(kid: string | undefined, nowMs: number): Promise<void> {
    const isKnown = this.keys.keys.some((key) => key.kid === kid)
    if (isKnown && ageMs(this.fetchedMs, nowMs) < ACCESS_KEYS_KEPT_MS) return
    // A key that is not known may be new; but anyone can name one.
    if (ageMs(this.askedMs, nowMs) < ACCESS_KEYS_RETRY_MS && this.keys.keys.length > 0) return
    this.askedMs = nowMs
    try {
      this.keys = await this.fetchKeys(`${this.issuer}/cdn-cgi/access/certs`)
      this.fetchedMs = nowMs
    } catch (error) {
      logWarning('access_keys_not_fetched', { error: errorText(error) })
      // A key that is due for renewal is as good as it was: operators must get in.
      if (!isKnown) throw error
    }
  }
}

async function fetchKeySet(url: string): Promise<JSONWebKeySet> {
  const response = await fetch(url, { signal: AbortSignal.timeout(ACCESS_TIMEOUT_MS) })
  if (!response.ok) throw new Error(`the keys of Access: ${response.status}`)
  return await response.json<JSONWebKeySet>()
}
