/**
 * Operators that Cloudflare Access authenticated: verifies the JWT that Access adds to each
 * request, with the team's public keys. Needs `ACCESS_TEAM_DOMAIN` and `ACCESS_AUD`. The policy of
 * Access decides who may operate the rooms.
 */
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { ageMs } from '../core/age.ts'
import { logWarning } from '../log/log.ts'
import { errorText } from '../log/scrub.ts'
import type { AccessSettings } from '../settings/settings.ts'
import { ACCESS_KEYS_KEPT_MS, ACCESS_KEYS_RETRY_MS, ACCESS_TIMEOUT_MS } from './limits.ts'
import type { Operator } from './operators.ts'

export const ACCESS_HEADER = 'Cf-Access-Jwt-Assertion'

type FetchKeys = (url: string) => Promise<JSONWebKeySet>

export class Access {
  private readonly issuer: string
  private readonly audience: string
  private readonly fetchKeys: FetchKeys
  private keys: JSONWebKeySet = { keys: [] }
  private fetchedMs = Number.NEGATIVE_INFINITY
  private attemptedMs = Number.NEGATIVE_INFINITY

  constructor({ teamDomain, audience }: AccessSettings, fetchKeys: FetchKeys = fetchKeySet) {
    this.issuer = `https://${teamDomain}`
    this.audience = audience
    this.fetchKeys = fetchKeys
  }

  /** Null: the request has no valid JWT of Access. */
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
      // People have a mail address, service tokens a name.
      const name = payload.email ?? payload.common_name
      return typeof name === 'string' && name !== '' ? { name, kind: 'full' } : null
    } catch {
      return null
    }
  }

  /**
   * Shares the keys between requests, but not the fetch: no request may wait for another one's I/O.
   */
  private async refreshKeys(kid: string | undefined, nowMs: number): Promise<void> {
    const isKnown = this.keys.keys.some((key) => key.kid === kid)
    if (isKnown && ageMs(this.fetchedMs, nowMs) < ACCESS_KEYS_KEPT_MS) return
    // An unknown key id may be a new key, but any client can make one up, so attempts are limited.
    if (ageMs(this.attemptedMs, nowMs) < ACCESS_KEYS_RETRY_MS && this.keys.keys.length > 0) return
    this.attemptedMs = nowMs
    try {
      this.keys = await this.fetchKeys(`${this.issuer}/cdn-cgi/access/certs`)
      this.fetchedMs = nowMs
    } catch (error) {
      logWarning('access_keys_not_fetched', { error: errorText(error) })
      // Known keys stay in use when they cannot be refreshed: operators must get in during an
      // outage.
      if (!isKnown) throw error
    }
  }
}

async function fetchKeySet(url: string): Promise<JSONWebKeySet> {
  const response = await fetch(url, { signal: AbortSignal.timeout(ACCESS_TIMEOUT_MS) })
  if (!response.ok) throw new Error(`the keys of Access answered ${response.status}`)
  return await response.json<JSONWebKeySet>()
}
