/** Visitors who return from a payment page on another host some time after their session ended. */
import { describe, expect, test } from 'vitest'
import { journal } from './support/operator.ts'
import { room, useStage } from './support/stage.ts'
import type { Call, Headers, Visitor } from './support/visitor.ts'

const SHORT = {
  session_timeout_seconds: 15,
  heartbeat_timeout_seconds: 15,
  check_interval_seconds: 5,
  reclaim_grace_seconds: 600,
}

const FORM: Headers = {
  'Content-Type': 'application/x-www-form-urlencoded',
  Origin: 'https://payment.example',
  Referer: 'https://payment.example/',
  'Sec-Fetch-Site': 'cross-site',
}
const SCRIPT: Headers = { 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Site': 'same-origin' }
const IMAGE: Headers = { 'Sec-Fetch-Dest': 'image', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Site': 'same-origin' }

const COMEBACKS: readonly (readonly [string, Call])[] = [
  ['with a form of another site', { method: 'POST', path: '/echo?order=17', body: 'paid=yes', extra: FORM }],
  ['by a link on another site', { path: '/echo?order=17', extra: { 'Sec-Fetch-Site': 'cross-site' } }],
  ['with a call of a script', { method: 'POST', path: '/echo?order=17', body: '{}', extra: SCRIPT }],
  ['with an image on an open page', { path: '/echo?order=17', extra: IMAGE }],
]

/** The grace period ends with the session. */
const FORGETFUL = { ...SHORT, reclaim_grace_seconds: 0 }

const idle = COMEBACKS.map((_, i) => room(`idle-${i}`, 1, SHORT))

describe.concurrent('a visitor who returns after the session ended', () => {
  const stage = useStage([...idle, room('busy', 1, SHORT), room('late', 1, FORGETFUL)])

  async function untilEnded(name: string, number: number): Promise<void> {
    for (;;) {
      const { entries } = await journal(stage.workerd, name)
      if (entries.some((entry) => entry.number === number && /^(expired|forgotten)$/.test(entry.event))) return
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }

  async function cutOff(name: string): Promise<Visitor> {
    const guest = await stage.guest(name)
    expect((await guest.post('/__waiting-room/heartbeat')).status).toBe(204)
    await untilEnded(name, guest.number)
    return guest
  }

  test.each(COMEBACKS.map((comeback, i) => [...comeback, i] as const))(
    'is admitted at once when nobody waits: %s',
    async (_, call, i) => {
      const guest = await cutOff(`idle-${i}`)
      const reply = await guest.send(call)
      expect(reply.status).toBe(200)
      expect(reply.text).toContain('order=17')
      expect(guest.claims).toMatchObject({ kind: 'pass', number: 1 })
    },
  )

  test('keeps the number when the slot is taken, and the return path keeps the query', async () => {
    const guest = await cutOff('busy')
    const other = await stage.guest('busy')
    expect(other.number).toBe(2)
    const reply = await guest.post('/echo?order=17&state=paid', 'paid=yes', FORM)
    expect(reply.status).toBe(503)
    expect(guest.claims).toMatchObject({ kind: 'ticket', number: 1 })
    expect(reply.text).toContain(encodeURIComponent('/echo?order=17&state=paid'))
  })

  test('gets a page that explains and links on when a form comes after the grace period', async () => {
    const guest = await cutOff('late')
    const seen = stage.origin.count('/echo?order=17')
    const reply = await guest.post('/echo?order=17', 'paid=yes', FORM)
    expect(reply.status).toBe(503)
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0)
    expect(reply.headers['content-type']).toMatch(/^text\/html/)
    expect(reply.text).toContain('was not delivered')
    expect(stage.origin.count('/echo?order=17')).toBe(seen)
    expect(reply.text).toContain('<a href="&#x2F;echo?order&#x3D;17"')
    expect((await guest.get('/echo?order=17')).status).toBe(200)
  })
})
