/** The waiting page's script around the start of an event, without a browser. */
import { describe, expect, it } from 'vitest'
import { tellChange, ticketOf, toldFirst } from '../../client/page/changes.ts'
import { Countdown } from '../../client/page/countdown.ts'
import { countdownText } from '../../src/pages/event-wording.ts'
import { messages } from '../../src/pages/messages/index.ts'
import { faviconOf, pageState, viewOf } from '../../src/pages/wording.ts'
import { wordsOf } from '../../src/pages/words.ts'
import type { EventStatus, Status } from '../../src/status.ts'

const START_MS = Date.UTC(2026, 10, 2, 14)

function event(changes: Partial<EventStatus> = {}): EventStatus {
  return {
    name: 'Autumn sale',
    phase: 'lobby',
    startsAt: new Date(START_MS).toISOString(),
    endsAt: new Date(START_MS + 3600_000).toISOString(),
    draw: true,
    entry: 50,
    rank: null,
    entries: null,
    commitment: 'c0'.repeat(32),
    drawUrl: '/__waiting-room/draw?room=shop',
    serverTime: new Date(START_MS - 60_000).toISOString(),
    ...changes,
  }
}

function status(changes: Partial<Status> = {}): Status {
  return {
    state: 'lobby',
    room: 'shop',
    number: 50,
    position: null,
    waiting: 40,
    etaSeconds: null,
    etaLowSeconds: null,
    etaHighSeconds: null,
    joinedAt: '2026-11-02T13:58:00.000Z',
    startPosition: null,
    placeKeptSeconds: 320,
    unreachable: false,
    pollAfterSeconds: 5,
    message: null,
    event: event(),
    updatedAt: '2026-11-02T13:59:00.000Z',
    ...changes,
  }
}

const words = wordsOf(messages.en.live, 'UTC')

describe('the countdown', () => {
  it.each([
    [0, 'Starting now'],
    [-5000, 'Starting now'],
    [1, '0:01'],
    [1000, '0:01'],
    [59_001, '1:00'],
    [3599_000, '59:59'],
    [3600_000, '1:00:00'],
    [86_399_000, '23:59:59'],
    [86_400_000, '1 day 0:00:00'],
    [2 * 86_400_000 + 3_661_000, '2 days 1:01:01'],
  ])('shows %s ms as "%s"', (leftMs, shown) => {
    expect(countdownText(leftMs, words)).toBe(shown)
  })

  it('uses the digits of the language throughout', () => {
    const arabic = wordsOf({ ...messages.ar.live, locale: 'ar-u-nu-arab' }, 'UTC')
    expect(countdownText(65_000, arabic)).toBe('١:٠٥')
  })

  /** A device whose clock the test sets. */
  function device(nowMs: number) {
    const shown: number[] = []
    const due: { atMs: number; callback: () => void }[] = []
    const clock = { nowMs }
    const countdown = new Countdown({
      show: (leftMs) => shown.push(leftMs),
      nowMs: () => clock.nowMs,
      schedule: (delayMs, callback) => due.push({ atMs: clock.nowMs + delayMs, callback }),
      cancel: () => due.splice(0),
    })
    return { clock, countdown, shown, due }
  }

  it('goes by the clock of the server, changes at full seconds, and ends at the start', () => {
    const hourAhead = START_MS + 3600_000 - 60_000
    const { clock, countdown, shown, due } = device(hourAhead)
    countdown.correctClock(event().serverTime)
    clock.nowMs += 58_300
    countdown.run(event().startsAt)
    for (let next = due.shift(); next !== undefined; next = due.shift()) {
      clock.nowMs = next.atMs
      next.callback()
    }
    expect(shown).toEqual([1700, 1000, 0])
  })

  it('counts to one end at a time, and to none when the lobby is over', () => {
    const { clock, countdown, shown, due } = device(START_MS - 60_000)
    countdown.correctClock(event().serverTime)
    countdown.run(event().startsAt)
    countdown.run(new Date(START_MS + 60_000).toISOString())
    expect([shown.at(-1), due.length]).toEqual([120_000, 1])
    countdown.run(null)
    expect(due).toEqual([])
    clock.nowMs += 1000
    countdown.correctClock(undefined)
    expect(countdown.aheadMs).toBe(0)
  })
})

describe('the state of the page', () => {
  it.each<[Partial<Status>, string]>([
    [{}, 'lobby'],
    [{ event: event({ phase: 'drawing' }) }, 'drawing'],
    [{ state: 'waiting', event: event({ phase: 'running' }) }, 'waiting'],
    [{ state: 'ended' }, 'ended'],
    [{ state: 'sold-out' }, 'sold-out'],
  ])('is known from the status: %j', (changes, state) => {
    expect(pageState(status(changes))).toBe(state)
  })

  it('shows in the icon of the tab', () => {
    expect(decodeURIComponent(faviconOf('lobby', null))).toContain('>…<')
    expect(decodeURIComponent(faviconOf('sold-out', 7))).toContain('>–<')
    expect(decodeURIComponent(faviconOf('ended', null))).toContain('>×<')
  })
})

describe('the text of a lobby', () => {
  const view = (changes: Partial<Status> = {}, moment: { serverAheadMs?: number; lost?: boolean } = {}) => {
    const all = status(changes)
    const { lost = false, serverAheadMs = 0 } = moment
    return viewOf(all, words, { state: lost ? 'lost' : pageState(all), nowMs: START_MS - 90_000, serverAheadMs })
  }

  it('counts down by the corrected clock, also while the connection is lost', () => {
    expect(view().countdown).toBe('1:30')
    expect(view({}, { serverAheadMs: 30_000 }).countdown).toBe('1:00')
    expect(view({}, { lost: true }).countdown).toBe('1:30')
    expect(view({ event: event({ phase: 'drawing' }) }).countdown).toBe('')
  })

  it('shows position and estimate if places go by order of arrival', () => {
    const order = event({ draw: false, entry: null, commitment: null })
    const estimate = { etaSeconds: 600, etaLowSeconds: 480, etaHighSeconds: 720 }
    expect(view({ event: order, position: 7, ...estimate })).toMatchObject({
      position: '7',
      wait: '8\u00a0to\u00a012\u00a0minutes',
      drawn: '',
      ticket: '50',
    })
    expect(view({ event: order, position: 7 }).wait).toBe('')
  })

  it('promises no draw to those who wait before all entries', () => {
    expect(view().drawn).toMatch(/^Your place is drawn/)
    expect(view({ event: event({ entry: null }), position: 7 })).toMatchObject({ position: '7', drawn: '' })
  })

  it('titles the tab with the start and the name', () => {
    expect(view().title).toMatch(/^Starts at 2:00\sPM\sUTC – Autumn sale$/)
  })
})

describe('a draw', () => {
  const after = status({
    state: 'waiting',
    number: 12,
    position: 12,
    event: event({ phase: 'running', rank: 11, entries: 40 }),
  })

  it('changes the number in line but not the ticket, so nothing is announced as lost', () => {
    expect(ticketOf(after)).toBe(50)
    expect(tellChange(toldFirst(status()), status(), after).change).toBeNull()
  })

  it('does not hide that another ticket was kept', () => {
    const other = status({ number: 60, event: event({ entry: 60 }) })
    expect(tellChange(toldFirst(other), other, after)).toMatchObject({ change: 'betterTicket', number: 50 })
  })
})
