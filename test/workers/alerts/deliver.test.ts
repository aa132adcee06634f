import { env } from 'cloudflare:test'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { deliver, platformIo } from '../../../src/alerts/deliver.ts'
import { firing, NEW_SECRET, OLD_SECRET, Receiver, stats, testIo, webhookTo } from './support.ts'

describe('a webhook, over real HTTP', () => {
  it('is posted once, signed so that either secret of a rotation verifies', async () => {
    const receiver = new Receiver()
    const channel = webhookTo(receiver.url, { secrets: [NEW_SECRET, OLD_SECRET] })
    expect(await deliver(firing, channel, testIo())).toEqual({ kind: 'delivered' })
    const [request, ...more] = await receiver.received()
    expect(more).toEqual([])
    expect(request).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json' } })
    for (const secret of [NEW_SECRET, OLD_SECRET]) {
      expect(new Webhook(secret).verify(request?.body ?? '', request?.headers ?? {})).toMatchObject({
        type: 'waiting-room.alert.firing',
        data: { value: 612 },
      })
    }
  })

  it('also carries a push of figures', async () => {
    const receiver = new Receiver()
    await deliver(stats, webhookTo(receiver.url, { name: 'stats-push' }), testIo())
    const [request] = await receiver.received()
    expect(new Webhook(NEW_SECRET).verify(request?.body ?? '', request?.headers ?? {})).toMatchObject({
      type: 'waiting-room.stats',
      data: { figures: { waiting: 612 } },
    })
  })

  it('is retried after Retry-After, in seconds or as a date', async () => {
    const nowMs = Date.UTC(2026, 4, 1)
    const receiver = await new Receiver().answers(
      { status: 503, headers: { 'retry-after': '42' } },
      { status: 429, headers: { 'retry-after': new Date(nowMs + 60_000).toUTCString() } },
      { status: 500 },
    )
    const channel = webhookTo(receiver.url)
    expect(await deliver(firing, channel, testIo())).toEqual({
      kind: 'retry',
      afterSeconds: 42,
      reason: 'answered 503',
    })
    expect(await deliver(firing, channel, testIo({ nowMs: () => nowMs }))).toEqual({
      kind: 'retry',
      afterSeconds: 60,
      reason: 'answered 429',
    })
    expect(await deliver(firing, channel, testIo())).toEqual({
      kind: 'retry',
      afterSeconds: null,
      reason: 'answered 500',
    })
  })

  it('disables the channel on 410 and gives up on other 4xx', async () => {
    const receiver = await new Receiver().answers({ status: 410 }, { status: 400 })
    expect(await deliver(firing, webhookTo(receiver.url), testIo())).toEqual({
      kind: 'disabled',
      reason: 'answered 410',
    })
    expect(await deliver(firing, webhookTo(receiver.url), testIo())).toEqual({
      kind: 'refused',
      reason: 'answered 400',
    })
  })

  it('does not follow redirects', async () => {
    const target = new Receiver()
    const receiver = await new Receiver().answers({ status: 307, headers: { location: target.url } })
    expect(await deliver(firing, webhookTo(receiver.url), testIo())).toMatchObject({ kind: 'refused' })
    expect(await target.received()).toEqual([])
  })

  it('times out on a receiver that hangs', async () => {
    const receiver = await new Receiver().answers({})
    const outcome = await deliver(firing, webhookTo(receiver.url), testIo({ timeoutMs: 200 }))
    expect(outcome).toEqual({ kind: 'retry', afterSeconds: null, reason: 'no answer within 0.2 s' })
    await expect.poll(() => receiver.open()).toBe(0)
  })

  it('does not read an endless answer', async () => {
    const receiver = await new Receiver().answers({ status: 200, endless: true })
    expect(await deliver(firing, webhookTo(receiver.url), testIo())).toEqual({ kind: 'delivered' })
    await expect.poll(() => receiver.open()).toBe(0)
  })

  it('is retried when the connection fails, without quoting the error', async () => {
    const channel = webhookTo('https://hooks.example.com/hidden-part-of-the-url')
    const io = testIo({ fetch: (url) => Promise.reject(new TypeError(`no connection to ${url}`)) })
    expect(await deliver(firing, channel, io)).toEqual({
      kind: 'retry',
      afterSeconds: null,
      reason: 'could not be reached',
    })
  })

  it('times out after ten seconds in a deployment', () => {
    expect(platformIo(null).timeoutMs).toBe(10_000)
  })
})

describe('Slack, over real HTTP', () => {
  it('gets blocks, unsigned', async () => {
    const receiver = new Receiver()
    expect(await deliver(firing, { name: 'team', type: 'slack', url: receiver.url }, testIo())).toEqual({
      kind: 'delivered',
    })
    const [request] = await receiver.received()
    expect(JSON.parse(request?.body ?? '')).toMatchObject({ blocks: [{ type: 'header' }, {}, {}] })
    expect(Object.keys(request?.headers ?? {})).not.toContain('webhook-signature')
  })

  it('is not used for figures', async () => {
    const receiver = new Receiver()
    expect(await deliver(stats, { name: 'team', type: 'slack', url: receiver.url }, testIo())).toMatchObject({
      kind: 'refused',
    })
    expect(await receiver.received()).toEqual([])
  })
})

describe('mail', () => {
  const channel = { name: 'duty', type: 'email', from: 'room@example.com', to: 'duty@example.org' } as const
  const binding = (send: (message: EmailMessage) => Promise<unknown>) => ({ send }) as unknown as SendEmail

  it('is passed to the binding with its envelope', async () => {
    const sent: EmailMessage[] = []
    const email = binding(async (message) => sent.push(message))
    expect(await deliver(firing, channel, testIo({ email }))).toEqual({ kind: 'delivered' })
    expect(sent).toMatchObject([{ from: 'room@example.com', to: 'duty@example.org' }])
  })

  // The runtime's binding parses the mail, if the test configuration has one.
  const ownBinding = (env as { EMAIL?: SendEmail }).EMAIL ?? null
  it.skipIf(ownBinding === null)("is accepted by the runtime's binding", async () => {
    expect(await deliver(firing, channel, testIo({ email: ownBinding }))).toEqual({ kind: 'delivered' })
  })

  it('is refused without a binding', async () => {
    expect(await deliver(firing, channel, testIo())).toEqual({
      kind: 'refused',
      reason: 'mail needs a send_email binding named EMAIL',
    })
  })

  it.each([
    ['E_RECIPIENT_NOT_ALLOWED', 'refused'],
    ['E_SENDER_NOT_VERIFIED', 'refused'],
    ['E_RATE_LIMIT_EXCEEDED', 'retry'],
    ['E_INTERNAL_SERVER_ERROR', 'retry'],
  ])('that fails with %s is %s, without an address in the reason', async (code, kind) => {
    const email = binding(async () => {
      throw Object.assign(new Error('550 duty@example.org'), { code })
    })
    const outcome = await deliver(firing, channel, testIo({ email }))
    expect(outcome).toMatchObject({ kind, reason: `mail could not be sent (${code})` })
  })

  it('that fails for an unknown reason or hangs is retried', async () => {
    const failing = binding(() => Promise.reject(new Error('duty@example.org is not verified')))
    expect(await deliver(firing, channel, testIo({ email: failing }))).toMatchObject({
      reason: 'mail could not be sent',
    })
    const hanging = binding(() => new Promise(() => {}))
    expect(await deliver(firing, channel, testIo({ email: hanging, timeoutMs: 100 }))).toEqual({
      kind: 'retry',
      afterSeconds: null,
      reason: 'no answer within 0.1 s',
    })
  })
})
