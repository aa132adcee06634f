/** Odd values of the headers that may name the origin, which no contract test can send. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { requestUrl } from '../../src/http/request-url.ts'
import { siteNames, withOurNames } from '../../src/origin/host-names.ts'

const site = siteNames(new URL('http://origin.example:8080'), 'www.example')
const ours = requestUrl('https://shop.example/x')
const NAMES = ['Location', 'Content-Location', 'Refresh', 'Link', 'Set-Cookie']

/**
 * Fragments that the parsers look for. ASCII only: the test runtime logs other values at length.
 */
const PIECES = [
  ...'origin.example WWW.example. https: ws: // \\\\ :8080 :99999 @ # ? / % [::1] < > " \' ; , = url 0 5; Domain a=1'.split(
    ' ',
  ),
  ', ',
  ' ',
  '\t',
]
const value = fc
  .array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...PIECES) }, fc.string({ maxLength: 5 })), { maxLength: 12 })
  .map((pieces) => pieces.join('').replace(/[\0\r\n]/g, ''))

describe('the names of the origin in a response', () => {
  it('never cause an error and never remain in a plain URL', () => {
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), value, (name, text) => {
        const sent = new Response('body', { headers: [[name, text]] })
        const answer = withOurNames(sent, ours, site)
        expect(answer.status).toBe(200)
        const location = answer.headers.get('Location')
        if (location === null || !/^https?:\/\//.test(location) || location.includes(', ')) return
        if (URL.canParse(location)) expect(new URL(location).hostname).not.toMatch(/^(origin|www)\.example\.?$/)
      }),
      { numRuns: 3_000 },
    )
  })

  it('leave a response unchanged if they are absent', () => {
    const sent = new Response('body', {
      headers: [
        ['Location', '/x'],
        ['Link', '</a>; rel=x'],
        ['Set-Cookie', 'a=1; Domain=shop.example'],
      ],
    })
    expect(withOurNames(sent, ours, site)).toBe(sent)
  })

  it('are parsed in linear time, however long the header is', () => {
    for (const piece of ['"\\', '<', '"<https://origin.example/>', ' ', ', a', ';domain', '//', '@']) {
      for (const name of NAMES) {
        const sent = new Response('body', { headers: [[name, `5; url=https:${piece.repeat(100_000)}x`]] })
        const startMs = performance.now()
        withOurNames(sent, ours, site)
        // Far more than a slow machine needs, and far less than any machine would need in quadratic
        // time.
        expect(performance.now() - startMs, `${name} ${piece}`).toBeLessThan(15_000)
      }
    }
  })

  it('become ours on an upgrade, which keeps its socket', () => {
    const { 0: client } = new WebSocketPair()
    const link = '<wss://origin.example/next>; rel=next'
    const sent = new Response(null, { status: 101, webSocket: client, headers: { Link: link } })
    const answer = withOurNames(sent, ours, site)
    expect(answer.webSocket).toBe(client)
    expect(answer.headers.get('Link')).toBe('<wss://shop.example/next>; rel=next')
  })
})
