/** Where the calls of an isolate go: its gatherer, the next ones, or the object. */
import { describe, expect, it } from 'vitest'
import type { ExchangeAnswer } from '../../src/core/exchange.ts'
import { gathererOf } from '../../src/core/gatherers.ts'
import { CallRoute } from '../../src/room/call-route.ts'
import type { GathererAnswer } from '../../src/room/gatherer-object.ts'
import { GATHERER_AVOIDED_MS, GATHERER_FAILURES_MAX, GATHERERS_SILENT_MS } from '../../src/room/limits.ts'
import { request } from '../core/support/requests.ts'

const ANSWER = { run: 1 } as ExchangeAnswer
const GATHERERS = 5
const OWN = gathererOf('i', GATHERERS)
/** The gatherers after the own one. */
const next = (steps: number) => (OWN + steps) % GATHERERS

const PATIENCE_MS = 250

class Ports {
  /** Where each call went. */
  readonly calls: (number | 'object')[] = []
  /** The answer of the gatherers: a value, or an error to throw. */
  answer: GathererAnswer | Error | 'never' = ANSWER
  /** The end of each call of the object. */
  objectError: Error | null = null
  nowMs = 0
  private readonly route = new CallRoute({
    call: async () => {
      this.calls.push('object')
      if (this.objectError !== null) throw this.objectError
      return ANSWER
    },
    gather: async (_, gatherer) => {
      this.calls.push(gatherer)
      if (this.answer === 'never') return new Promise(() => {})
      if (this.answer instanceof Error) throw this.answer
      return this.answer
    },
  })

  /** One call. Returns the error, or null. */
  async call(gatherers = GATHERERS): Promise<unknown> {
    const calling = this.route.call(request({ gatherers }), this.nowMs, PATIENCE_MS)
    if (this.answer === 'never') return null
    return calling.then(
      () => null,
      (error) => error,
    )
  }
}

const LOST = new Error('the gatherer is gone')

describe('the calls of an isolate', () => {
  it('go to the object while the room has no gatherers, or the deployment no binding', async () => {
    const ports = new Ports()
    await ports.call(0)
    expect(ports.calls).toEqual(['object'])
    const route = new CallRoute({ call: async () => ANSWER })
    expect(await route.call(request({ gatherers: GATHERERS }), 0, PATIENCE_MS)).toBe(ANSWER)
  })

  it('go to one gatherer, which its id selects', async () => {
    const ports = new Ports()
    for (let i = 0; i < 3; i++) expect(await ports.call()).toBeNull()
    expect(ports.calls).toEqual([OWN, OWN, OWN])
  })

  it('go to the next gatherer after each failure, and to the object after three', async () => {
    const ports = new Ports()
    ports.answer = LOST
    for (let i = 0; i < GATHERER_FAILURES_MAX; i++) expect(await ports.call()).toBe(LOST)
    expect(await ports.call()).toBeNull()
    // Then gatherers again.
    ports.answer = ANSWER
    await ports.call()
    expect(ports.calls).toEqual([OWN, next(1), next(2), 'object', next(3)])
  })

  it('stay with the object until one succeeds there', async () => {
    const ports = new Ports()
    ports.answer = LOST
    ports.objectError = new Error('the object is down')
    for (let i = 0; i < 5; i++) await ports.call()
    ports.objectError = null
    for (let i = 0; i < 2; i++) await ports.call()
    expect(ports.calls).toEqual([OWN, next(1), next(2), 'object', 'object', 'object', next(3)])
  })

  it('return to their own gatherer half a minute after it failed', async () => {
    const ports = new Ports()
    ports.answer = LOST
    await ports.call()
    ports.answer = ANSWER
    ports.nowMs = GATHERER_AVOIDED_MS - 1
    await ports.call()
    ports.nowMs = GATHERER_AVOIDED_MS
    await ports.call()
    expect(ports.calls).toEqual([OWN, next(1), OWN])
  })

  it('go to the gatherer that a new number of gatherers selects', async () => {
    const ports = new Ports()
    ports.answer = LOST
    await ports.call()
    await ports.call(7)
    expect(ports.calls).toEqual([OWN, gathererOf('i', 7)])
  })

  it('go to the next gatherer when one is late, and to the object when all are silent for long', async () => {
    const ports = new Ports()
    ports.answer = 'never'
    const lateMs = [0, PATIENCE_MS, 2 * PATIENCE_MS, 3 * PATIENCE_MS, 4 * PATIENCE_MS]
    for (const nowMs of [...lateMs, GATHERERS_SILENT_MS - 1, GATHERERS_SILENT_MS]) {
      ports.nowMs = nowMs
      await ports.call()
    }
    // An object that is late itself makes all gatherers late: its isolates stay with them.
    expect(ports.calls).toEqual([OWN, next(1), next(2), next(3), next(4), OWN, 'object'])
  })

  it('go to a gatherer when the object has too much to do, even if the isolate knows none', async () => {
    const ports = new Ports()
    ports.objectError = Object.assign(new Error('too many requests'), { overloaded: true })
    expect(await ports.call(0)).toBeNull()
    expect(ports.calls).toEqual(['object', expect.any(Number)])
    // Until an answer says how many there are.
    ports.answer = { refused: 'overloaded', message: 'in trouble' }
    await ports.call(0)
    await ports.call(0)
    expect(ports.calls.slice(2)).toEqual(['object', expect.any(Number), expect.any(Number)])
  })

  it('return from an object with too much to do to the gatherers', async () => {
    const ports = new Ports()
    ports.answer = LOST
    for (let i = 0; i < GATHERER_FAILURES_MAX; i++) await ports.call()
    ports.objectError = Object.assign(new Error('too many requests'), { overloaded: true })
    ports.answer = ANSWER
    expect(await ports.call()).toBeNull()
    expect(await ports.call()).toBeNull()
    expect(ports.calls.slice(GATHERER_FAILURES_MAX)).toEqual(['object', OWN, expect.any(Number)])
  })

  it.each(['room-failed', 'overloaded'] as const)('never go to the object after "%s"', async (refused) => {
    const ports = new Ports()
    ports.answer = { refused, message: 'in trouble' }
    for (let i = 0; i < 5; i++) {
      expect(await ports.call()).toMatchObject({ message: 'in trouble', overloaded: refused === 'overloaded' })
    }
    expect(ports.calls).toEqual([OWN, next(1), next(2), next(3), next(4)])
  })

  it('never go to the object because the platform calls the gatherers overloaded', async () => {
    const ports = new Ports()
    ports.answer = Object.assign(new Error('too many requests'), { overloaded: true })
    for (let i = 0; i < 5; i++) await ports.call()
    expect(ports.calls).not.toContain('object')
  })

  it('go on to the object at once if it knows no gatherers', async () => {
    const ports = new Ports()
    ports.answer = { refused: 'not-supported', message: 'an old object' }
    expect(await ports.call()).toBeNull()
    expect(ports.calls).toEqual([OWN, 'object'])
  })
})
