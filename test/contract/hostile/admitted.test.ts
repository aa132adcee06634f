/**
 * An admitted visitor sends the oddest requests that HTTP allows, and some that it does not. The
 * site gets them or they are refused, without a failure of ours and without a second request
 * smuggled inside the first.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectCleanLog, FUZZ, headers, MARKER, method, pathBelow, text } from '../support/hostile.ts'
import { type Stats, stats } from '../support/operator.ts'
import { until } from '../support/operator-figures.ts'
import { type RawReply, rawRequest, sendRaw } from '../support/raw-http.ts'
import { room, useStage } from '../support/stage.ts'

const HOST = 'open.test'
const stage = useStage([room('open', 100_000), room('full', 1)])
let cookie: [string, string]

beforeAll(async () => {
  const guest = await stage.guest('open')
  await stage.guest('full')
  cookie = ['Cookie', `waiting-room-open=${guest.token}`]
})

afterAll(() => expectCleanLog(stage.workerd.log))

/**
 * A request body that its client aborts ends as if the origin had hung up: only that client gets a
 * 502.
 */
function expectNoFailureButItsOwn(replies: readonly RawReply[]): void {
  expectNoFailure(replies.filter(({ status }) => status !== 502))
}

function expectNoFailure(replies: readonly RawReply[]): void {
  for (const { status, headers: sent } of replies) {
    expect([500, 502, 504]).not.toContain(status)
    expect(sent.filter(([name]) => name.includes(MARKER))).toEqual([])
  }
}

it('passes any method, path, headers and body without failing, and sets our own headers', async () => {
  await fc.assert(
    fc.asyncProperty(
      method,
      pathBelow('/echo/', '/', '//', '/page?', '/a%20b/'),
      headers,
      fc.option(text, { nil: undefined }),
      async (how, target, fields, body) => {
        const seen = stage.origin.requests.length
        const request = rawRequest({ method: how, target, host: HOST, headers: [cookie, ...fields], body })
        expectNoFailure(await sendRaw(stage.workerd.port, request))
        expect(stage.origin.requests.length).toBeLessThanOrEqual(seen + 1)
      },
    ),
    FUZZ,
  )
})

it('replaces the headers reserved for us that a client sends', async () => {
  const forged = [
    'Waiting-Room-Pass',
    'waiting-room-pass',
    'Waiting-Room-Origin-Secret',
    'Waiting-Room-Token',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
  ]
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...forged), fc.stringMatching(/^[a-z0-9.-]{1,20}$/), async (name, value) => {
      const told = `${MARKER}${value}`
      const [reply] = await sendRaw(
        stage.workerd.port,
        rawRequest({ target: '/echo', host: HOST, headers: [cookie, [name, told]] }),
      )
      expect(reply?.status).toBe(200)
      expect(reply?.body).not.toContain(MARKER)
    }),
    { ...FUZZ, numRuns: 60 },
  )
})

/** Sends requests until some are counted: counts reach the object after a second or more. */
async function untilCounted(requestsBefore: number): Promise<Stats> {
  const counted = async () => {
    await sendRaw(stage.workerd.port, rawRequest({ target: '/echo', host: HOST, headers: [cookie] }))
    return stats(stage.workerd, 'open')
  }
  return until(counted, ({ totals }) => (totals?.originRequests ?? 0) > requestsBefore)
}

it('does not count uploads that the client aborts as errors of the site', async () => {
  const before = await stats(stage.workerd, 'open')
  for (const body of ['zz\r\n', '5\r\nhel', '1;a="\r\n']) {
    const head = ['POST /echo HTTP/1.1', `Host: ${HOST}`, cookie.join(': '), 'Transfer-Encoding: chunked']
    const replies = await sendRaw(stage.workerd.port, Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1'))
    expect(replies.map(({ status }) => status)).toEqual([502])
  }
  // Counts reach the object in order: once a later request is counted there, these would be too.
  const after = await untilCounted(before.totals?.originRequests ?? 0)
  expect(after.totals?.originErrors).toBe(before.totals?.originErrors)
})

describe('a second request smuggled inside the first', () => {
  /** Sent to a room that admits nobody: on its own it gets the waiting page. */
  const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: full.test\r\nConnection: close\r\n\r\n'
  /** Every known way to make two readers disagree about where a body ends. */
  const framing = fc.constantFrom(
    ['Content-Length: 5', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: chunked', `Content-Length: ${HIDDEN.length + 5}`],
    ['Content-Length: 0', `Content-Length: ${HIDDEN.length}`],
    [`Content-Length: ${HIDDEN.length}`, 'Content-Length: 0'],
    ['Content-Length: 0, 5'],
    ['Content-Length: +5'],
    ['Content-Length: -1'],
    ['Content-Length: 0x5'],
    ['Content-Length: 5 5'],
    ['Content-Length : 5'],
    ['Transfer-Encoding : chunked'],
    ['Transfer-Encoding: xchunked'],
    ['Transfer-Encoding: chunked, identity'],
    ['Transfer-Encoding: identity, chunked'],
    ['Transfer-Encoding:\tchunked'],
    ['Transfer-Encoding: \x0bchunked'],
    ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
    ['X: y\nTransfer-Encoding: chunked'],
    ['X: y\rTransfer-Encoding: chunked'],
    ['Transfer-Encoding', ' : chunked'],
    ['Transfer-Encoding: chunked', 'Expect: 100-continue'],
    ['Connection: Content-Length', `Content-Length: ${HIDDEN.length}`],
    ['Upgrade: h2c', 'Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAMAAABkAAQAAP__'],
  )
  const bodies = fc.constantFrom(
    `0\r\n\r\n${HIDDEN}`,
    `${HIDDEN}`,
    `5\r\nhello\r\n0\r\n\r\n${HIDDEN}`,
    `1;a="\r\n${HIDDEN}`,
    `\r\n${HIDDEN}`,
    `0\n\n${HIDDEN}`,
    `ffffffffffffffff1\r\n${HIDDEN}`,
  )

  it('is not sent to the site with the pass of the first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'),
        framing,
        bodies,
        fc.constantFrom(HOST, 'full.test'),
        async (how, lines, body, host) => {
          const head = [`${how} /echo HTTP/1.1`, `Host: ${host}`, `Cookie: ${cookie[1]}`, ...lines]
          expectNoFailureButItsOwn(
            await sendRaw(stage.workerd.port, Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1')),
          )
        },
      ),
      FUZZ,
    )
    expect(stage.origin.count('/hidden')).toBe(0)
  })
})
