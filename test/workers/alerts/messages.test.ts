import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { mimeOf } from '../../../src/alerts/email.ts'
import { slackMessage, webhookMessage } from '../../../src/alerts/http-messages.ts'
import { parseAlertMessage, titleOf } from '../../../src/alerts/message.ts'
import { backOffSeconds, outcomeOfAnswer, retryAfterSeconds } from '../../../src/alerts/outcome.ts'
import { firing, NEW_SECRET, OLD_SECRET, stats } from './support.ts'

const now = Date.UTC(2026, 4, 1, 12, 0, 0)

describe('the message of a webhook', () => {
  it('contains event, time and room', () => {
    const { headers, body } = webhookMessage(firing, [NEW_SECRET], now + 90_000)
    expect(JSON.parse(body)).toEqual({
      type: 'waiting-room.alert.firing',
      timestamp: '2026-05-01T12:00:00.000Z',
      data: { room: 'shop', rule: 'crowd', metric: 'waiting', bound: 'above', threshold: 500, value: 612 },
    })
    expect(headers).toMatchObject({ 'webhook-id': firing.id, 'webhook-timestamp': String(now / 1000 + 90) })
  })

  it('contains the figures of a minute unchanged', () => {
    expect(JSON.parse(webhookMessage(stats, [NEW_SECRET], now).body)).toEqual({
      type: 'waiting-room.stats',
      timestamp: '2026-05-01T12:00:00.000Z',
      data: { room: 'shop', figures: stats.figures },
    })
  })

  it('is accepted by receivers with either secret of a rotation, and by no other', () => {
    const { headers, body } = webhookMessage(firing, [NEW_SECRET, OLD_SECRET], Date.now())
    for (const secret of [NEW_SECRET, OLD_SECRET]) {
      expect(new Webhook(secret).verify(body, headers)).toMatchObject({ data: { rule: 'crowd' } })
    }
    const stranger = new Webhook(`whsec_${btoa('the secret of somebody else here')}`)
    expect(() => stranger.verify(body, headers)).toThrow()
    expect(() => new Webhook(NEW_SECRET).verify(body.replace('612', '0'), headers)).toThrow()
  })
})

describe('the message about an event', () => {
  const event = { name: 'Autumn sale & more', atMs: Date.UTC(2026, 10, 27, 9) }
  const starting = { ...firing, rule: 'soon', metric: 'event_starting', value: 1, threshold: 0, event }

  it('names the event and its time in every channel', () => {
    const text = 'Waiting room shop: "Autumn sale & more" starts at 2026-11-27T09:00:00.000Z'
    expect(JSON.parse(webhookMessage(starting, [NEW_SECRET], now).body)).toMatchObject({
      data: { rule: 'soon', event: { name: 'Autumn sale & more', at: '2026-11-27T09:00:00.000Z' } },
    })
    const slack = JSON.parse(slackMessage(starting).body)
    expect(slack.blocks[0].text.text).toBe(text)
    expect(slack.blocks[1].fields).toContainEqual({ type: 'mrkdwn', text: '*Event*\nAutumn sale &amp; more' })
    expect(slack.blocks[1].fields).toContainEqual({ type: 'mrkdwn', text: '*Starts at*\n2026-11-27T09:00:00.000Z' })
    const mail = mimeOf(starting, { name: 'mail', type: 'email', from: 'room@shop.test', to: 'ops@shop.test' })
    const [, body = ''] = mail.split('\r\n\r\n')
    expect(atob(body.replace(/\s/g, '')).split('\r\n')[0]).toBe(text)
  })

  it('says when an event has ended', () => {
    const ended = { ...starting, metric: 'event_ended' }
    expect(titleOf(ended)).toBe('Waiting room shop: "Autumn sale & more" ended at 2026-11-27T09:00:00.000Z')
  })

  it('survives the queue', () => {
    expect(parseAlertMessage(JSON.parse(JSON.stringify(starting)))).toEqual(starting)
    expect(parseAlertMessage(firing)).toEqual(firing)
  })
})

describe('the message of Slack', () => {
  it('has a header, fields, a context, and text for notifications', () => {
    const { blocks, text } = JSON.parse(slackMessage(firing).body)
    expect(text).toBe('Waiting room shop: crowd is firing')
    expect(blocks).toMatchObject([
      { type: 'header', text: { type: 'plain_text', text } },
      { type: 'section' },
      { type: 'context', elements: [{ text: `Message ${firing.id}` }] },
    ])
    expect(blocks[1].fields.map((field: { text: string }) => field.text)).toEqual([
      '*Room*\nshop',
      '*Rule*\ncrowd',
      '*Metric*\nwaiting',
      '*Value*\n612',
      '*Fires when*\nabove 500',
      '*Time*\n2026-05-01T12:00:00.000Z',
    ])
  })

  it('escapes names, so that they cannot mention a channel or contain a link', () => {
    const { text, blocks } = JSON.parse(slackMessage({ ...firing, rule: '<!channel> & <http://x|y>' }).body)
    expect(text).toContain('&lt;!channel&gt; &amp; &lt;http://x|y&gt;')
    expect(JSON.stringify(blocks[1])).not.toContain('<!channel>')
  })
})

describe('the mail', () => {
  const channel = { name: 'duty', type: 'email', from: 'room@example.com', to: 'duty@example.org' } as const
  const decoded = (base64: string) => new TextDecoder().decode(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)))

  function parsed(mime: string) {
    const [head = '', body = ''] = mime.split('\r\n\r\n')
    const headers = Object.fromEntries(head.split('\r\n').map((line) => line.split(/: (.*)/s, 2)))
    return {
      headers,
      subject: decoded(headers.Subject.slice('=?utf-8?B?'.length, -2)),
      body,
      text: decoded(body.replaceAll('\r\n', '')),
    }
  }

  it('has sender, recipient, text, and the same id in every attempt', () => {
    const mail = parsed(mimeOf({ ...firing, rule: 'Größe' }, channel))
    expect(mail.headers).toMatchObject({
      From: '<room@example.com>',
      To: '<duty@example.org>',
      'Message-ID': '<shop-crowd-1-firing-ops@example.com>',
      Date: 'Fri, 01 May 2026 12:00:00 +0000',
      'Content-Transfer-Encoding': 'base64',
    })
    expect(mail.subject).toBe('Waiting room shop: Größe is firing')
    expect(mail.text.split('\r\n')).toContain('Fires when: above 500')
    expect(mail.text).toContain('Rule: Größe')
    expect(mail.body.split('\r\n').every((line) => line.length <= 76)).toBe(true)
  })

  it('gets no extra header from a name with line breaks', () => {
    const mail = parsed(mimeOf({ ...firing, rule: 'x\r\nBcc: all@example.org' }, channel))
    expect(Object.keys(mail.headers)).not.toContain('Bcc')
  })
})

describe('the back-off', () => {
  it('doubles up to 15 minutes, with full jitter, and is at least one second', () => {
    expect([1, 2, 3, 4, 8, 9, 50].map((attempt) => backOffSeconds(attempt, 1, null))).toEqual([
      5, 10, 20, 40, 640, 900, 900,
    ])
    expect(backOffSeconds(5, 0.5, null)).toBe(40)
    expect(backOffSeconds(50, 0, null)).toBe(1)
  })

  it('is never shorter than Retry-After', () => {
    expect(backOffSeconds(1, 1, 120)).toBe(120)
    expect(backOffSeconds(50, 1, 120)).toBe(900)
  })
})

describe('an answer', () => {
  it.each([
    [200, 'delivered'],
    [204, 'delivered'],
    [301, 'refused'],
    [307, 'refused'],
    [304, 'refused'],
    [400, 'refused'],
    [401, 'refused'],
    [404, 'refused'],
    [408, 'retry'],
    [410, 'disabled'],
    [422, 'refused'],
    [425, 'retry'],
    [429, 'retry'],
    [500, 'retry'],
    [503, 'retry'],
    [599, 'retry'],
  ])('of %i means %s', (status, kind) => {
    expect(outcomeOfAnswer(status, null, now).kind).toBe(kind)
  })

  it.each([
    ['120', 120],
    [' 7 ', 7],
    ['0', 0],
    ['86400', 3600],
    ['99999999999999999999', 3600],
    ['Fri, 01 May 2026 12:02:00 GMT', 120],
    ['Fri, 01 May 2026 11:00:00 GMT', 0],
    ['Sat, 02 May 2026 12:00:00 GMT', 3600],
    ['-1', null],
    ['1.5', null],
    ['soon', null],
    ['', null],
    [null, null],
  ])('with Retry-After %j means a delay of %j seconds', (value, seconds) => {
    expect(retryAfterSeconds(value, now)).toBe(seconds)
  })
})
