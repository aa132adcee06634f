import { afterEach, describe, expect, it, vi } from 'vitest'
import { logWarning } from '../../src/log/log.ts'
import {
  createReporter,
  REPORT_PAUSE_MS,
  REPORT_WINDOW_MS,
  REPORTS_MAX,
  REPORTS_OF_ONE_EVENT_MAX,
  type Report,
  reportOf,
} from '../../src/log/reporter.ts'
import { errorText, scrub } from '../../src/log/scrub.ts'
import { usableDsn } from '../../src/log/sentry.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJyb29tIjoic2hvcCJ9.c2lnbmF0dXJl'

describe('the scrubber', () => {
  it.each([
    ['a token', `bad token ${JWT}!`, 'bad token [removed]!'],
    ['a cookie', 'Cookie: __Host-a=1; b=2\nnext', 'Cookie: [removed]\nnext'],
    ['an authorization', 'authorization=Basic YTpi', 'authorization=[removed]'],
    ['a bearer token', 'got Bearer abc.def, sorry', 'got Bearer [removed], sorry'],
    ['a key', `key ${'Ab1'.repeat(15)}`, 'key [removed]'],
    ['an id of 36 characters', `id ${'6ba7b810-9dad-11d1-80b4-00c04fd430c8'}.`, 'id [removed].'],
    ['a signing secret', 'whsec_c2hvcnQ= is wrong', '[removed] is wrong'],
    ['a mail address', 'to <jane.doe+x@mail.example.org>', 'to <[removed]>'],
    ['an IPv4 address', 'connect to 203.0.113.7:443 failed', 'connect to [removed]:443 failed'],
    ['an IPv6 address', 'from:2001:db8::7: refused', 'from:[removed] refused'],
    ['an IPv6 address in full', 'at 2001:db8:0:0:0:0:0:7.', 'at [removed].'],
    ['an IPv6 address of IPv4', 'at [::ffff:203.0.113.7]', 'at [[removed][removed]]'],
    ['the loopback address', 'at [::1]:80', 'at [[removed]]:80'],
    [
      'what a URL says',
      'GET https://u:p@s@hooks.example:8443/T0/B1?a=b#c failed',
      'GET https://hooks.example:8443/[removed] failed',
    ],
    ['the query of a path', 'no route for /a/b?email=x&y=z', 'no route for /a/b?[removed]'],
  ])('removes %s', (_what, text, clean) => {
    expect(scrub(text)).toBe(clean)
  })

  it.each([
    'Cannot read properties of undefined (reading "line")',
    'SIGNING_KEYS: entry 1 (weak): has 31 bytes, 32 or more are needed; run `wrangler secret put SIGNING_KEYS`',
    '    at WaitingRoom.exchange (index.js:12345:67)',
    '    at async Promise.all (index 0)',
    'kj/compat/http.c++:4321: failed: expected x == y',
  ])('keeps %s', (text) => {
    expect(scrub(text)).toBe(text)
  })

  it('truncates long texts without leaving part of a secret', () => {
    const text = `${'word '.repeat(1637)}1234 ${JWT}`
    expect(scrub(text)).not.toContain('eyJ')
    expect(scrub(text)).not.toContain('word 1234 e')
    expect(errorText(new Error(text)).length).toBeLessThanOrEqual(1_000)
  })

  it.each(['a', '1.', ':', 'a:', 'a@', 'eyJ.', '?a=', 'http://', 'a1-', '::'])('stays fast with many "%s"', (part) => {
    const startedMs = Date.now()
    scrub(part.repeat(100_000))
    expect(Date.now() - startedMs).toBeLessThan(500)
  })
})

describe('a report', () => {
  it('has only allow-listed fields, with names and numbers as values', () => {
    const fields = { room: 'shop', segment: 3, attempts: 2, id: 'm1', host: 'origin.example', ip: '203.0.113.7' }
    const { tags, figures } = reportOf('check_failed', new Error('x'), { ...fields, channel: `a ${JWT}` })
    expect(tags).toEqual({ room: 'shop' })
    expect(figures).toEqual({ segment: 3, attempts: 2 })
  })

  it('has the stack frames without the error text, even if the text looks like a frame', () => {
    const error = new TypeError(`first\n    at jane@example.com (${JWT}:1:1)`)
    const { type, message, stack } = reportOf('request_failed', error, {})
    expect(type).toBe('TypeError')
    expect(message).toMatch(/^first\n/)
    expect(`${message}${stack}`).not.toMatch(/eyJ|jane/)
    expect(stack).not.toContain('[removed]:1:1')
    expect(stack).toMatch(/^\s+at /)
  })

  it.each([['text'], [null], [undefined], [{ secret: 'hidden' }], [Symbol('s')]])('can be made from %s', (thrown) => {
    const report = reportOf('request_failed', thrown, {})
    expect(report.type).toBe('Error')
    expect(JSON.stringify(report)).not.toContain('hidden')
  })
})

function setUp(send: (report: Report) => Promise<void> = async () => {}) {
  const sent: Report[] = []
  const clock = { nowMs: 1_000_000 }
  const kept: Promise<void>[] = []
  const reporter = createReporter({
    send: (report) => {
      sent.push(report)
      return send(report)
    },
    waitUntil: (promise) => void kept.push(promise),
    nowMs: () => clock.nowMs,
    warn: logWarning,
  })
  return { reporter, sent, clock, settled: () => Promise.all(kept) }
}

describe('the reporter', () => {
  it('limits reports per minute, in total and per event', () => {
    const { reporter, sent, clock } = setUp()
    const flood = () => {
      for (let i = 0; i < 100; i++) reporter.report(`event_${i % 10}`, new Error('x'), {}, 'now')
    }
    for (let i = 0; i < 100; i++) reporter.report('frequent', new Error('x'), {}, 'now')
    expect(sent).toHaveLength(REPORTS_OF_ONE_EVENT_MAX)
    flood()
    expect(sent).toHaveLength(REPORTS_MAX)
    clock.nowMs += REPORT_WINDOW_MS - 1
    flood()
    expect(sent).toHaveLength(REPORTS_MAX)
    clock.nowMs += 1
    flood()
    expect(sent).toHaveLength(2 * REPORTS_MAX)
    clock.nowMs -= 10 * REPORT_WINDOW_MS
    flood()
    expect(sent).toHaveLength(3 * REPORTS_MAX)
  })

  it('holds reports of an aborting object until the next start, and sends them once', () => {
    const { reporter, sent } = setUp()
    reporter.report('room_aborted', new Error('x'), { room: 'shop' }, 'at_next_start')
    expect(sent).toEqual([])
    reporter.sendHeld()
    reporter.sendHeld()
    expect(sent).toMatchObject([{ event: 'room_aborted', tags: { room: 'shop' } }])
  })

  it('bounds the number of held reports', () => {
    const { reporter, sent, clock } = setUp()
    for (let i = 0; i < 100; i++) {
      reporter.report('room_aborted', new Error('x'), {}, 'at_next_start')
      clock.nowMs += REPORT_WINDOW_MS
    }
    reporter.sendHeld()
    expect(sent).toHaveLength(REPORTS_MAX)
  })

  it('logs a failed report and then pauses', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const { reporter, sent, clock, settled } = setUp(async () => {
      throw new Error(`answered 429 to ${JWT}`)
    })
    reporter.report('api_failed', new Error('x'), {}, 'now')
    await settled()
    expect(JSON.parse(String(warn.mock.calls[0]?.[0]))).toEqual({
      level: 'warning',
      event: 'error_not_reported',
      reported: 'api_failed',
      error: 'answered 429 to [removed]',
    })
    clock.nowMs += REPORT_PAUSE_MS - 1
    reporter.report('api_failed', new Error('x'), {}, 'now')
    expect(sent).toHaveLength(1)
    clock.nowMs += 1
    reporter.report('api_failed', new Error('x'), {}, 'now')
    expect(sent).toHaveLength(2)
  })

  it('never throws, whatever fails', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const reporter = createReporter({
      send: async () => {},
      waitUntil: () => {
        throw new Error('no event is running')
      },
      nowMs: () => 0,
      warn: logWarning,
    })
    const hostile = Object.defineProperty(new Error('x'), 'stack', {
      get: () => {
        throw new Error('hostile')
      },
    })
    expect(() => reporter.report('a', new Error('x'), {}, 'now')).not.toThrow()
    expect(() => reporter.report('a', hostile, {}, 'now')).not.toThrow()
  })
})

describe('SENTRY_DSN', () => {
  it.each(['https://abc123@o1.ingest.de.sentry.io/42', 'http://key@127.0.0.1:9000/1', 'https://k@host/sub/path/7'])(
    'may be %s',
    (dsn) => {
      expect(usableDsn(dsn)).toBe(dsn)
    },
  )

  it.each(['', 'key', 'https://host/1', 'https://key@host/', 'https://key@host/x', 'ftp://key@host/1', undefined, 7])(
    'may not be %s',
    (dsn) => {
      expect(usableDsn(dsn)).toBeNull()
    },
  )
})
