/**
 * The waiting room's public keys. They are read before the first verification, then refreshed in
 * the background: a request waits for them only if it is the first, or if its key is unknown. While
 * they cannot be read, the last ones stay in use.
 */
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'

export interface RemoteKeysOptions {
  /** Default: the global one. */
  readonly fetch?: typeof fetch
  /** How old the keys may be until they are refreshed. Default: 300. */
  readonly maxAgeSeconds?: number
  /**
   * How long after an attempt the next one begins, whatever keys visitors name. Default: 30; before
   * the first success: 1.
   */
  readonly cooldownSeconds?: number
  /** The time limit of an attempt. Default: 5. */
  readonly timeoutSeconds?: number
  /** Milliseconds since 1970, for tests. */
  readonly now?: () => number
}

/** Where the key of a token comes from. */
export interface KeySource {
  /**
   * The keys among which a token's key may be.
   * @param waitUntil of Workers: keeps the refresh alive after the response
   * @throws KeysUnavailable if no keys were ever read
   */
  keysFor(kid: string, waitUntil?: WaitUntil): Promise<JWTVerifyGetKey>
}

export type WaitUntil = (pending: Promise<unknown>) => void

/** No keys could be read so far: nothing can be verified. */
export class KeysUnavailable extends Error {
  override name = 'KeysUnavailable'
}

/** Longer documents are refused. Ours has about 200 bytes for each key. */
const DOCUMENT_MAX_CHARS = 65_536
const FIRST_COOLDOWN_SECONDS = 1
/** A request with an unknown key, which may be a new one, waits for this long at most. */
const UNKNOWN_KEY_WAIT_MS = 1_000

/** Keys that are part of the configuration. */
export function fixedKeys(jwks: JSONWebKeySet): KeySource {
  const keys = createLocalJWKSet(jwks)
  return { keysFor: async () => keys }
}

/** @throws TypeError for an address that is neither https nor on this machine */
export function remoteKeys(url: string | URL, options: RemoteKeysOptions = {}): KeySource {
  return new RemoteKeys(trustworthyUrl(url), options)
}

/** Anyone on the network could replace the keys of plain http. */
function trustworthyUrl(url: string | URL): string {
  const { protocol, hostname, href } = new URL(url)
  if (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))) return href
  throw new TypeError(`The address of the public keys must begin with https://, not ${protocol}//`)
}

/** @param hostname of a parsed URL */
export function isLoopback(hostname: string): boolean {
  return /^(?:(?:.+\.)?localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}

interface Loaded {
  readonly keys: JWTVerifyGetKey
  readonly kids: ReadonlySet<string>
  readonly atMs: number
}

class RemoteKeys implements KeySource {
  private readonly url: string
  private readonly options: RemoteKeysOptions
  private loaded: Loaded | null = null
  private attempt: { readonly done: Promise<void>; readonly atMs: number } | null = null
  private isRunning = false
  private lastError = 'not read yet'

  constructor(url: string, options: RemoteKeysOptions) {
    this.url = url
    this.options = options
  }

  async keysFor(kid: string, waitUntil?: WaitUntil): Promise<JWTVerifyGetKey> {
    const { loaded } = this
    if (loaded?.kids.has(kid) !== true) await this.wait(this.refresh())
    else if (this.isOlderThan(loaded.atMs, this.options.maxAgeSeconds ?? 300)) {
      const refreshing = this.refresh()
      waitUntil?.(refreshing)
    }
    if (this.loaded === null) throw new KeysUnavailable(`${this.url}: ${this.lastError}`)
    return this.loaded.keys
  }

  /** The present attempt, a new one, or the last one, if it was too recent for another. */
  private refresh(): Promise<void> {
    const { attempt } = this
    const { timeoutSeconds = 5, cooldownSeconds = 30 } = this.options
    const cooldown = this.loaded === null ? FIRST_COOLDOWN_SECONDS : cooldownSeconds
    // On Workers, an attempt ends without a word when its request is cancelled.
    if (attempt !== null && !this.isOlderThan(attempt.atMs, this.isRunning ? timeoutSeconds : cooldown)) {
      return attempt.done
    }
    this.isRunning = true
    const atMs = this.now()
    const done = this.load()
      .catch((error: unknown) => {
        this.lastError = error instanceof Error ? error.message : String(error)
      })
      .finally(() => {
        if (this.attempt?.atMs === atMs) this.isRunning = false
      })
    this.attempt = { done, atMs }
    return done
  }

  /** Never longer than an attempt: another request may have begun it and be gone. */
  private async wait(attempt: Promise<void>): Promise<void> {
    const waitMs = this.loaded === null ? (this.options.timeoutSeconds ?? 5) * 1000 : UNKNOWN_KEY_WAIT_MS
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs)
      attempt.then(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  private async load(): Promise<void> {
    const { timeoutSeconds = 5, fetch: get = fetch } = this.options
    const signal = AbortSignal.timeout(timeoutSeconds * 1000)
    const response = await get(this.url, { signal, redirect: 'manual', headers: { Accept: 'application/json' } })
    if (!response.ok) throw new Error(`answered ${response.status}`)
    const text = await response.text()
    if (text.length > DOCUMENT_MAX_CHARS) throw new Error('the document is too long')
    const jwks = JSON.parse(text) as JSONWebKeySet
    const keys = createLocalJWKSet(jwks)
    this.loaded = { keys, kids: new Set(jwks.keys.flatMap(({ kid }) => kid ?? [])), atMs: this.now() }
  }

  private now(): number {
    return this.options.now?.() ?? Date.now()
  }

  /** After a step back of the clock everything counts as old. */
  private isOlderThan(sinceMs: number, seconds: number): boolean {
    const ageMs = this.now() - sinceMs
    return ageMs < 0 || ageMs >= seconds * 1000
  }
}
