/** The waiting page's script without a browser: when it polls, and how it announces changes. */
import { describe, expect, it } from 'vitest'
import { type Told, tellChange, toldFirst } from '../../client/page/changes.ts'
import { ANSWER_TIMEOUT_MS, backOffMs, Poller } from '../../client/page/poller.ts'
import { messages } from '../../src/pages/messages/index.ts'
import { faviconOf, pageState, progressOf, viewOf } from '../../src/pages/wording.ts'
import { wordsOf } from '../../src/pages/words.ts'
import type { PageState, Status } from '../../src/status.ts'

function status(changes: Partial<Status> = {}): Status {
  return {
    state: 'waiting',
    room: 'shop',
    number: 50,
    position: 20,
    waiting: 40,
    etaSeconds: 600,
    etaLowSeconds: 480,
    etaHighSeconds: 720,
    joinedAt: '2026-11-02T13:58:00.000Z',
    startPosition: 40,
    placeKeptSeconds: 320,
    unreachable: false,
    pollAfterSeconds: 5,
    message: null,
    updatedAt: '2026-11-02T14:03:12.000Z',
    ...changes,
  }
}

/** A poller with a clock and a server that the test controls. */
class Bench {
  nowMs = 0
  calls = 0
  troubles: number[] = []
  due: { atMs: number; callback: () => void } | null = null
  signal: AbortSignal | null = null
  private settle: { resolve(pollAfterMs: number): void; reject(error: unknown): void } | null = null
  readonly poller = new Poller({
    poll: (signal) => {
      this.calls++
      this.signal = signal ?? null
      return new Promise((resolve, reject) => {
        this.settle = { resolve, reject }
        signal?.addEventListener('abort', () => reject(new Error('aborted')))
      })
    },
    schedule: (delayMs, callback) => {
      this.due = { atMs: this.nowMs + delayMs, callback }
    },
    cancel: () => {
      this.due = null
    },
    nowMs: () => this.nowMs,
    random: () => 0.5,
    onTrouble: (failures) => this.troubles.push(failures),
  })

  async pass(ms: number): Promise<void> {
    this.nowMs += ms
    while (this.due !== null && this.due.atMs <= this.nowMs) {
      const { callback } = this.due
      this.due = null
      callback()
      await this.turn()
    }
  }

  async answer(pollAfterMs: number): Promise<void> {
    this.settle?.resolve(pollAfterMs)
    await this.turn()
  }

  async fail(error: unknown = new Error('offline')): Promise<void> {
    this.settle?.reject(error)
    await this.turn()
  }

  private async turn(): Promise<void> {
    for (let i = 0; i < 5; i++) await Promise.resolve()
  }
}

describe('the poller', () => {
  it('polls again after the delay that the server sets, one call at a time', async () => {
    const bench = new Bench()
    bench.poller.start(5000)
    await bench.pass(4999)
    expect(bench.calls).toBe(0)
    await bench.pass(1)
    expect(bench.calls).toBe(1)
    bench.nowMs += 2000
    bench.poller.now()
    expect(bench.calls).toBe(1)
    await bench.answer(7000)
    await bench.pass(6999)
    expect(bench.calls).toBe(1)
    await bench.pass(1)
    expect(bench.calls).toBe(2)
  })

  it("backs off after failures, respects the server's interval, and resets after one answer", async () => {
    const bench = new Bench()
    bench.poller.start(0)
    for (const delayMs of [2000, 4000, 8000, 16_000, 16_000]) {
      await bench.pass(0)
      const { calls } = bench
      await bench.fail()
      await bench.pass(delayMs - 1)
      expect(bench.calls).toBe(calls)
      await bench.pass(1)
      expect(bench.calls).toBe(calls + 1)
    }
    await bench.fail(Object.assign(new Error('503'), { retryAfterMs: 30_000 }))
    expect((bench.due?.atMs ?? 0) - bench.nowMs).toBe(30_000)
    expect(bench.troubles.at(-1)).toBe(6)
    await bench.pass(30_000)
    await bench.answer(5000)
    expect(bench.troubles.at(-1)).toBe(0)
    expect(bench.poller.failures).toBe(0)
  })

  it('aborts a hanging call', async () => {
    const bench = new Bench()
    bench.poller.start(0)
    await bench.pass(0)
    await bench.pass(ANSWER_TIMEOUT_MS)
    expect(bench.signal?.aborted).toBe(true)
    expect(bench.poller.failures).toBe(1)
    expect(bench.due).not.toBeNull()
  })

  it('polls at once when there is a reason, but not in bursts', async () => {
    const bench = new Bench()
    bench.poller.start(60_000)
    bench.poller.now()
    expect(bench.calls).toBe(0)
    bench.nowMs += 1001
    bench.poller.now()
    bench.poller.now()
    expect(bench.calls).toBe(1)
  })

  it('waits for another tab, and polls when that tab falls silent', async () => {
    const bench = new Bench()
    bench.poller.start(5000)
    await bench.pass(4000)
    bench.poller.heard(5000)
    await bench.pass(8999)
    expect(bench.calls).toBe(0)
    await bench.pass(1)
    expect(bench.calls).toBe(1)
  })

  it('stops polling, and continues when the page is shown again', async () => {
    const bench = new Bench()
    bench.poller.start(0)
    await bench.pass(0)
    bench.poller.stop()
    await bench.fail()
    await bench.pass(100_000)
    expect(bench.calls).toBe(1)
    expect(bench.poller.failures).toBe(0)
    bench.poller.resume()
    expect(bench.calls).toBe(2)
  })
})

it('backs off with a jitter of 0.5 to 1.5, and a bound', () => {
  expect(backOffMs(1, 0)).toBe(1000)
  expect(backOffMs(1, 1)).toBe(3000)
  expect(backOffMs(50, 1)).toBe(24_000)
  expect(backOffMs(1, 0, 3_600_000)).toBe(60_000)
})

describe('the announcement of a change', () => {
  const tell = (...statuses: Status[]): Told[] => {
    let told = toldFirst(statuses[0] as Status)
    return statuses.slice(1).map((after, i) => {
      told = tellChange(told, statuses[i] as Status, after)
      return told
    })
  }
  const changes = (...statuses: Status[]) => tell(...statuses).map(({ change }) => change)

  it('is empty while the line moves', () => {
    expect(
      changes(status(), status({ position: 15, etaSeconds: 500 }), status({ position: 15, etaSeconds: 540 })),
    ).toEqual([null, null])
  })

  it('says that visitors returned when the position rises', () => {
    expect(changes(status(), status({ position: 22 }))).toEqual(['returned'])
  })

  it('says that the line is slower when the estimate rises much, even gradually', () => {
    expect(changes(status(), status({ etaSeconds: 730 }))).toEqual(['slower'])
    expect(changes(status(), status({ etaSeconds: 660 }), status({ etaSeconds: 725 }))).toEqual([null, 'slower'])
    expect(changes(status({ etaSeconds: 60 }), status({ etaSeconds: 110 }))).toEqual([null])
  })

  it('ends once the estimate improves', () => {
    expect(changes(status(), status({ etaSeconds: 800 }), status({ position: 19, etaSeconds: 700 }))).toEqual([
      'slower',
      null,
    ])
  })

  it('says which of two tickets was kept', () => {
    expect(changes(status({ number: 50 }), status({ number: 40 }))).toEqual(['betterTicket'])
    expect(changes(status({ number: 50 }), status({ number: 60, position: 30 }))).toEqual(['newTicket'])
  })

  it('is empty for an estimate that was unknown', () => {
    expect(changes(status({ etaSeconds: null }), status({ etaSeconds: 900 }), status({ etaSeconds: null }))).toEqual([
      null,
      null,
    ])
  })
})

describe('the text of a status', () => {
  const words = wordsOf(messages.en.live, 'UTC')
  const view = (changes: Partial<Status>, keptSeconds?: number) => {
    const all = status(changes)
    const state = keptSeconds === undefined ? pageState(all) : 'lost'
    return viewOf(all, words, {
      state,
      nowMs: Date.UTC(2026, 10, 2, 14, 3),
      ...(keptSeconds === undefined ? {} : { keptSeconds }),
    })
  }

  it('names the next visitor, and those almost there', () => {
    expect(view({ position: 1 }).ahead).toBe('You are next')
    expect(view({ position: 2 }).ahead).toBe('1 person ahead of you')
    expect(pageState(status({ number: null }))).toBe('joining')
  })

  it('calls a visitor almost there by the expected wait, and stays with that while estimates move', () => {
    const states: PageState[] = []
    for (const etaSeconds of [61, 60, 95, 120, 121, 61, 58]) {
      states.push(pageState(status({ etaSeconds, etaHighSeconds: 3 * etaSeconds }), states.at(-1)))
    }
    expect(states).toEqual(['waiting', 'almost', 'almost', 'almost', 'waiting', 'waiting', 'almost'])
    expect(pageState(status({ etaSeconds: null }), 'almost')).toBe('waiting')
  })

  it('says one thing to a visitor without cookies, and names the tab that goes in', () => {
    const moment = { state: 'admitted', nowMs: 0 } as const
    const admitted = status({ state: 'admitted', position: null })
    const { cookies, otherTab } = messages.en.live
    const none = { lead: '', action: '', note: cookies }
    expect(viewOf(admitted, words, { ...moment, note: 'slower', needsCookies: true })).toMatchObject(none)
    expect(viewOf(status(), words, { state: 'waiting', nowMs: 0, needsCookies: true })).toMatchObject(none)
    const elsewhere = viewOf(admitted, words, { ...moment, entersElsewhere: true })
    expect(elsewhere).toMatchObject({ lead: otherTab, action: 'Continue', note: '' })
  })

  it('keeps a range on one line', () => {
    expect(view({}).wait).toBe('8\u00a0to\u00a012\u00a0minutes')
    expect(view({ etaSeconds: 90, etaLowSeconds: 30, etaHighSeconds: 100 }).wait).not.toContain(' ')
  })

  it('derives the clock time from the range', () => {
    expect(view({ etaLowSeconds: 480, etaHighSeconds: 720 }).clock).toMatch(/^between 2:11\sPM\sUTC and 2:15\sPM\sUTC$/)
    expect(view({ etaSeconds: 90, etaLowSeconds: 61, etaHighSeconds: 62 }).clock).toMatch(/^around 2:04\sPM\sUTC$/)
    expect(view({ etaHighSeconds: 30 }).clock).toBe('')
    // By the time of the figures: the device's clock may be wrong.
    const late = viewOf(status(), words, { state: 'waiting', nowMs: Date.UTC(2026, 10, 2, 20) })
    expect(late.clock).toBe(view({}).clock)
    expect(view({ state: 'paused' })).toMatchObject({ clock: '', wait: 'not known while paused' })
  })

  it('counts down how long the place is kept while the connection is lost', () => {
    expect(view({}, 320).note).toBe('Your place is kept for another 5 minutes.')
    expect(view({}, 59).note).toBe('Your place is kept for another 59 seconds.')
    expect(view({}, -1).note).toBe('Your place may be gone by now.')
    expect(view({ number: null, position: null }, 320).note).toBe('')
  })

  it('says when a closed line opens, and that a network is crowded', () => {
    const closed = view({ state: 'closed', number: null, position: null, opensAt: '2026-11-03T10:00:00.000Z' })
    expect(closed.lead).toMatch(/^It opens on Tuesday, November 3 at 10:00\sAM UTC\. /)
    expect(closed).toMatchObject({ countdown: '19:57:00', startsIn: 'Opens in' })
    const unknown = view({ state: 'closed', number: null, position: null })
    expect(unknown.countdown).toBe('')
    expect(view({ number: null, position: null, limited: true }).lead).toContain('from your network')
  })

  it('starts progress where the visitor joined, never below 0', () => {
    expect(progressOf(status({ position: 10, startPosition: 40 }))).toBe(75)
    expect(progressOf(status({ position: 50, startPosition: 40 }))).toBe(0)
    expect(progressOf(status({ startPosition: null }))).toBeNull()
  })

  it.each([
    [7, '>7<'],
    [999, '>999<'],
    [1234, '>1k<'],
    [654_321, '>654k<'],
    [2_000_000, '>2M<'],
  ])("shows position %s in the tab's icon", (position, shown) => {
    expect(decodeURIComponent(faviconOf('waiting', position))).toContain(shown)
  })
})
