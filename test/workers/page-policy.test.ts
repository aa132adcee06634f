import { describe, expect, it } from 'vitest'
import { pagePolicy } from '../../src/origin/page-policy.ts'

const OWN = new URL('https://shop.example/__waiting-room/heartbeat.js')
const of = (...enforced: string[]) => pagePolicy(enforced, [], OWN)

describe('what the policy of a page leaves to the beacon', () => {
  it.each([
    ['no policy', ''],
    ['one about other things', 'img-src https:; frame-ancestors none'],
    ['its own host', "default-src 'self'"],
    ['any host', 'default-src *'],
    ['a scheme', 'default-src https:'],
    ['the weaker scheme', 'default-src http:'],
    ['its host by name', 'default-src shop.example'],
    ['its host with scheme, port and root', 'default-src https://shop.example:443/'],
    ['all hosts of the domain', 'default-src *.example'],
    ['capitals', "DEFAULT-SRC 'SELF'"],
    ['the first of two directives of one name', "default-src 'self'; default-src 'none'"],
    ['a directive of its own over a stricter default', "default-src 'none'; script-src 'self'; connect-src 'self'"],
  ])('%s: everything', (_, policy) => {
    expect(of(policy)).toEqual({ nonce: null, allowsBeacon: true, allowsWorker: true })
  })

  it.each([
    ['nothing at all', "default-src 'none'"],
    ['no scripts', 'sandbox'],
    ['scripts of a host without a name', 'sandbox allow-scripts'],
    ['an empty list', 'default-src'],
    ['another host', 'default-src cdn.example'],
    ['another port', 'default-src shop.example:8443'],
    ['a domain that only ends alike', 'default-src *.op.example'],
    ['one file of the host', 'default-src shop.example/app.js'],
    ['calls to another host only', "script-src 'self'; connect-src https://api.example"],
    ['scripts by hash only', "script-src 'sha256-abc='"],
    ['scripts that trusted ones load', "script-src 'self' 'strict-dynamic' 'sha256-abc='"],
    ['one policy that allows and one that does not', "default-src 'self', default-src 'none'"],
  ])('%s: no beacon', (_, policy) => {
    expect(of(policy).allowsBeacon).toBe(false)
  })

  it.each([
    ['none', "worker-src 'none'"],
    ['from memory only', 'worker-src blob:'],
    ['none, by the older name', "child-src 'none'"],
    ['only with a nonce, by its rule for scripts', "script-src 'nonce-abc'"],
    ['only those whose address is trusted', "require-trusted-types-for 'script'"],
    ['none, in a sandbox', 'sandbox allow-scripts allow-same-origin'],
  ])('workers: %s', (_, policy) => {
    expect(of(policy)).toMatchObject({ allowsBeacon: true, allowsWorker: false })
  })

  it('a nonce is taken from the directive that decides about scripts', () => {
    expect(of("default-src 'self'; script-src 'nonce-a'; style-src 'nonce-b'").nonce).toBe('a')
    expect(of("script-src 'nonce-a'; script-src-elem 'nonce-c'").nonce).toBe('c')
    expect(of("script-src 'self' 'strict-dynamic' 'nonce-d+/='")).toMatchObject({ nonce: 'd+/=', allowsBeacon: true })
  })

  it('two policies with two nonces cannot both be met', () => {
    expect(of("script-src 'nonce-a'", "script-src 'nonce-b'").allowsBeacon).toBe(false)
  })

  it('a nonce that could end the attribute is none', () => {
    expect(of(`script-src 'nonce-a"><script>'`).nonce).toBeNull()
  })

  it('what is only reported costs the worker, not the beacon', () => {
    const policy = pagePolicy([], ["default-src 'none'; script-src 'nonce-r'"], OWN)
    expect(policy).toEqual({ nonce: 'r', allowsBeacon: true, allowsWorker: false })
  })
})
