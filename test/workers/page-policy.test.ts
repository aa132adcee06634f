import { describe, expect, it } from 'vitest'
import { pagePolicy } from '../../src/origin/page-policy.ts'

const OWN = new URL('https://shop.example/__waiting-room/heartbeat.js')
const of = (...enforced: string[]) => pagePolicy(enforced, [], OWN)

describe('the policy of a page', () => {
  it.each([
    ['no policy', ''],
    ['other directives', 'img-src https:; frame-ancestors none'],
    ['its own host', "default-src 'self'"],
    ['any host', 'default-src *'],
    ['a scheme', 'default-src https:'],
    ['a weaker scheme', 'default-src http:'],
    ['its host name', 'default-src shop.example'],
    ['its host with scheme, port and root', 'default-src https://shop.example:443/'],
    ['a wildcard', 'default-src *.example'],
    ['upper case', "DEFAULT-SRC 'SELF'"],
    ['the first of a repeated directive', "default-src 'self'; default-src 'none'"],
    ['specific directives over a stricter default', "default-src 'none'; script-src 'self'; connect-src 'self'"],
  ])('%s allows beacon and worker', (_, policy) => {
    expect(of(policy)).toEqual({ nonce: null, allowsBeacon: true, allowsWorker: true })
  })

  it.each([
    ['nothing', "default-src 'none'"],
    ['a sandbox', 'sandbox'],
    ['a sandbox without an origin', 'sandbox allow-scripts'],
    ['an empty list', 'default-src'],
    ['another host', 'default-src cdn.example'],
    ['another port', 'default-src shop.example:8443'],
    ['a wildcard for a similar domain', 'default-src *.op.example'],
    ['another file of the host', 'default-src shop.example/app.js'],
    ['calls to another host only', "script-src 'self'; connect-src https://api.example"],
    ['scripts by hash only', "script-src 'sha256-abc='"],
    ['strict-dynamic', "script-src 'self' 'strict-dynamic' 'sha256-abc='"],
    ['one allowing and one blocking policy', "default-src 'self', default-src 'none'"],
  ])('%s allows no beacon', (_, policy) => {
    expect(of(policy).allowsBeacon).toBe(false)
  })

  it.each([
    ['none', "worker-src 'none'"],
    ['from memory only', 'worker-src blob:'],
    ['none, by child-src', "child-src 'none'"],
    ['only with a nonce, by script-src', "script-src 'nonce-abc'"],
    ['trusted types only', "require-trusted-types-for 'script'"],
    ['none, in a sandbox', 'sandbox allow-scripts allow-same-origin'],
  ])('workers %s: the beacon runs without its worker', (_, policy) => {
    expect(of(policy)).toMatchObject({ allowsBeacon: true, allowsWorker: false })
  })

  it('takes the nonce from the directive that governs scripts', () => {
    expect(of("default-src 'self'; script-src 'nonce-a'; style-src 'nonce-b'").nonce).toBe('a')
    expect(of("script-src 'nonce-a'; script-src-elem 'nonce-c'").nonce).toBe('c')
    expect(of("script-src 'self' 'strict-dynamic' 'nonce-d+/='")).toMatchObject({ nonce: 'd+/=', allowsBeacon: true })
  })

  it('cannot satisfy two policies with different nonces', () => {
    expect(of("script-src 'nonce-a'", "script-src 'nonce-b'").allowsBeacon).toBe(false)
  })

  it('ignores a nonce that could end the attribute', () => {
    expect(of(`script-src 'nonce-a"><script>'`).nonce).toBeNull()
  })

  it('disables the worker, not the beacon, if it is only reported', () => {
    const policy = pagePolicy([], ["default-src 'none'; script-src 'nonce-r'"], OWN)
    expect(policy).toEqual({ nonce: 'r', allowsBeacon: true, allowsWorker: false })
  })
})
