/** The waiting page and Cloudflare's fields during an event, and the page about draws. */
import { describe, expect, it } from 'vitest'
import type { DrawResult } from '../../src/core/draw-result.ts'
import { LANGUAGES } from '../../src/languages.ts'
import { cfWaitingRoom } from '../../src/pages/cf-waiting-room.ts'
import { type DrawPage, type PlannedDraw, renderDrawPage } from '../../src/pages/draw-page.ts'
import { messages } from '../../src/pages/messages/index.ts'
import type { EventStatus, Status } from '../../src/status.ts'
import { DEFAULT_LOOK, eventStatus, NO_PLACE_YET, page, shown, status } from './support/pages.ts'

const MINUTE_MS = 60_000
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * MINUTE_MS).toISOString()

const lobby = (event: Partial<EventStatus> = {}, changes: Partial<Status> = {}): Partial<Status> => ({
  state: 'lobby',
  ...NO_PLACE_YET,
  event: eventStatus(event),
  ...changes,
})
const ORDERED = { draw: false, entry: null, commitment: null, drawUrl: null } as const

describe('the waiting page in a lobby', () => {
  it('names the event, its start, the entry number and the commitment, but no position before a draw', () => {
    const html = page(lobby({ startsAt: inMinutes(10) }))
    expect(html).toContain('data-state="lobby"')
    expect(shown(html, 'event')).toBe('Autumn sale')
    expect(shown(html, 'heading')).toBe('Not started yet')
    expect(shown(html, 'countdown', 'countdown-box')).toMatch(/^(10:00|9:59)$/)
    expect(shown(html, 'drawn')).toMatch(
      /^Your place is drawn at \d+:\d\d\s[AP]M\sUTC\. Arriving earlier gives no advantage\.$/,
    )
    expect(shown(html, 'entry', 'entry-box')).toBe('5,012')
    expect(shown(html, 'ticket', 'ticket-box')).toBeNull()
    expect(shown(html, 'commitment', 'commitment-box')).toBe('0123456789abcdef'.repeat(4))
    expect(html).toContain('href="&#x2F;__waiting-room&#x2F;draw?room&#x3D;tickets"')
    for (const [id, box] of [
      ['position', 'position-box'],
      ['wait', 'wait-box'],
      ['inLine', 'inLine'],
      ['joined', 'joined'],
      ['rank', 'rank-box'],
      ['in-order', 'in-order'],
    ] as const)
      expect(shown(html, id, box), id).toBeNull()
    expect(html).toMatch(/id="progress-box" hidden/)
  })

  it('tells the start in the time zone of the visitor, with its day', () => {
    const html = page(lobby(), { timeZone: 'Asia/Seoul' })
    expect(shown(html, 'lead')).toMatch(/^It starts on Monday, November 2 at 11:13\sPM GMT\+9\. /)
    expect(shown(page(lobby()), 'lead')).toMatch(/^It starts on Monday, November 2 at 2:13\sPM UTC\. /)
    expect(shown(page(lobby(), { language: 'de', timeZone: 'Asia/Seoul' }), 'lead')).toMatch(
      /^Beginn ist am Montag, 2\. November um 23:13 \S+\. /,
    )
  })

  it('shows the place in order of arrival if nothing is drawn', () => {
    const html = page(lobby({ ...ORDERED, startsAt: inMinutes(90) }, { position: 7 }))
    expect(shown(html, 'position', 'position-box')).toBe('7')
    expect(shown(html, 'countdown', 'countdown-box')).toMatch(/^1:(30:00|29:59)$/)
    expect(shown(html, 'ticket', 'ticket-box')).toBe('5,012')
    expect(shown(html, 'wait', 'wait-box')).toBeNull()
    for (const id of ['drawn', 'entry-box', 'commitment-box']) expect(shown(html, id), id).toBeNull()
    expect(html).toContain('<li id="in-order">')
  })

  it('says that it starts once the countdown is over, and while the draw is made', () => {
    expect(shown(page(lobby({ startsAt: inMinutes(-1) })), 'countdown')).toBe('Starting now')
    const html = page(lobby({ phase: 'drawing' }))
    expect(html).toContain('data-state="drawing"')
    expect(shown(html, 'heading')).toBe('The draw is being made')
    expect(shown(html, 'countdown', 'figures')).toBeNull()
    expect(shown(html, 'entry', 'entry-box')).toBe('5,012')
  })

  it('reloads without JavaScript, and lets its visitors leave', () => {
    const html = page(lobby())
    expect(html).toContain('<meta http-equiv="refresh" content="10;')
    expect(html).toContain('<details id="leave-box">')
  })

  it('escapes the name of the event', () => {
    expect(shown(page(lobby({ name: '<b>"Sale"' })), 'event')).toBe('&lt;b&gt;&quot;Sale&quot;')
  })
})

describe('the waiting page after the start', () => {
  it('shows the rank, the position, the entry number and a link to verify', () => {
    const html = page({ number: 1123, event: eventStatus({ phase: 'running', rank: 123, entries: 4000 }) })
    expect(shown(html, 'rank', 'rank-box')).toBe('Your place in the draw: 123 of 4,000')
    expect(shown(html, 'position', 'position-box')).toBe('1,234')
    expect(shown(html, 'entry', 'entry-box')).toBe('5,012')
    expect(shown(html, 'ticket', 'ticket-box')).toBeNull()
    expect(shown(html, 'countdown', 'countdown-box')).toBeNull()
    expect(html).toMatch(/id="rank-box">.*<a href="[^"]*draw\?room[^"]*" target="_blank">See and check the draw<\/a>/)
  })

  it('says that an event is over, and names it only then', () => {
    const over = eventStatus({ ...ORDERED, phase: 'ended' })
    const html = page({ state: 'ended', number: null, position: null, event: over })
    expect([shown(html, 'event'), shown(html, 'heading')]).toEqual(['Autumn sale', 'It is over'])
    expect(shown(html, 'position', 'figures')).toBeNull()
    expect(shown(page({ event: over }), 'event')).toBeNull()
  })

  it('lets visitors leave or stay when everything is sold, without an estimate', () => {
    const html = page({ state: 'sold-out' })
    expect(shown(html, 'lead')).toContain('You can leave the line, or keep your place')
    expect(shown(html, 'position', 'position-box')).toBe('1,234')
    expect(shown(html, 'wait', 'wait-box')).toBeNull()
    expect(html).toContain('<details id="leave-box">')
    const newcomer = page({ state: 'sold-out', number: null, ...NO_PLACE_YET })
    expect(shown(newcomer, 'lead')).toContain('Nobody can join at the moment')
    expect(newcomer).toMatch(/id="leave-box" hidden/)
  })

  it("fills the names of the event into an operator's own texts", () => {
    const texts = { en: { 'lobby.heading': '{event} at {time}', 'waiting.lead': 'Welcome to {event}.' } }
    const look = { ...DEFAULT_LOOK, texts }
    expect(shown(page(lobby(), {}, look), 'heading')).toMatch(/^Autumn sale at 2:13\sPM\sUTC$/)
    expect(shown(page({ event: eventStatus({ phase: 'running' }) }, {}, look), 'lead')).toBe('Welcome to Autumn sale.')
  })
})

/** As Cloudflare's users write it. */
const CLOUDFLARE_TEMPLATE = `{{#isEventActive}}{{#isEventPrequeueing}}Starts in {{timeUntilEventStartFormatted}}.
{{#shuffleAtEventStart}}Places are shuffled.{{/shuffleAtEventStart}}{{/isEventPrequeueing}}
{{^isEventPrequeueing}}Ends in {{timeUntilEventEnd}} min.{{/isEventPrequeueing}}{{/isEventActive}}
{{#waitTimeKnown}}Wait: {{waitTime}} min.{{/waitTimeKnown}}{{^waitTimeKnown}}Wait: {{waitTimeFormatted}}.{{/waitTimeKnown}}`

describe('a template made for events of Cloudflare Waiting Room', () => {
  const look = { ...DEFAULT_LOOK, template: CLOUDFLARE_TEMPLATE }
  const shownBy = (changes: Partial<Status>) => page(changes, {}, look).replace(/\s+/g, ' ').trim()

  it('says when the event starts, that it shuffles, and when it ends', () => {
    expect(shownBy(lobby())).toBe('Starts in 10 minutes. Places are shuffled. Wait: unavailable.')
    expect(shownBy(lobby(ORDERED, { position: 7, etaSeconds: 700 }))).toBe('Starts in 10 minutes. Wait: unavailable.')
    expect(shownBy({ event: eventStatus({ phase: 'running' }) })).toBe('Ends in 130 min. Wait: 5 min.')
    expect(shownBy(lobby({ phase: 'drawing' }))).toBe('Ends in 130 min. Wait: unavailable.')
    expect(shownBy({ event: eventStatus({ phase: 'ended' }) })).toBe('Wait: 5 min.')
    expect(shownBy({})).toBe('Wait: 5 min.')
  })
})

describe("Cloudflare's fields", () => {
  it('have the times of an event in minutes, rounded up, and in words', () => {
    expect(cfWaitingRoom(status(lobby({ startsAt: '2026-11-02T15:04:12.346Z' })))).toMatchObject({
      isEventActive: true,
      isEventPrequeueing: true,
      timeUntilEventStart: 62,
      timeUntilEventStartFormatted: '1 hour 2 minutes',
      timeUntilEventEnd: 130,
      timeUntilEventEndFormatted: '2 hours 10 minutes',
      shuffleAtEventStart: true,
      waitTimeKnown: false,
      waitTimeFormatted: 'unavailable',
    })
  })

  it('are "unavailable" where Cloudflare documents it', () => {
    const idle = { timeUntilEventStart: 0, timeUntilEventStartFormatted: 'unavailable' }
    const running = cfWaitingRoom(status({ event: eventStatus({ phase: 'running' }) }))
    expect(running).toMatchObject({ ...idle, isEventActive: true, isEventPrequeueing: false, timeUntilEventEnd: 130 })
    for (const event of [undefined, eventStatus({ phase: 'ended' })]) {
      expect(cfWaitingRoom(status(event && { event }))).toMatchObject({
        ...idle,
        isEventActive: false,
        isEventPrequeueing: false,
        timeUntilEventEnd: 0,
        timeUntilEventEndFormatted: 'unavailable',
        shuffleAtEventStart: false,
      })
    }
  })
})

const PLANNED: PlannedDraw = {
  name: 'Autumn sale',
  phase: 'lobby',
  startAtMs: Date.UTC(2026, 10, 2, 14, 13),
  commitment: 'c0'.repeat(32),
  beacon: { url: 'https://api.drand.sh', hash: 'ab'.repeat(32), round: 4_711 },
}
const MADE: DrawResult = {
  event: 'sale',
  run: 1_000,
  first: 100,
  end: 4_100,
  commitment: 'c0'.repeat(32),
  secret: '5e'.repeat(32),
  beacon: PLANNED.beacon,
  randomness: '7a'.repeat(32),
  seed: '99'.repeat(32),
  frozenAtMs: PLANNED.startAtMs,
  drawnAtMs: Date.UTC(2026, 10, 2, 14, 13, 4),
  ahead: 12,
}

describe('the page about draws', () => {
  const names = new Map([['sale', 'Autumn sale']])
  const drawPage = (changes: Partial<DrawPage>) => {
    const none = { planned: null, made: [], names, own: null, jsonUrl: '/draw?format=json', language: 'en' } as const
    return renderDrawPage({ ...none, ...changes })
  }
  const factsOf = (html: string) =>
    Object.fromEntries(
      [...html.matchAll(/<dt><code>([^<]*)<\/code><\/dt><dd>([^<]*)<\/dd>/g)].map(([, name, value]) => [name, value]),
    )

  it('shows the commitment, the round and the time before the draw, and nothing that is secret', () => {
    const html = drawPage({ planned: PLANNED, own: { entry: 5012, draw: null, rank: null } })
    expect(html).toMatch(/are drawn on Monday, November 2 at 2:13\sPM UTC\./)
    expect(html).toContain('Public randomness that nobody knows in advance is added')
    expect(html).toContain('Entry number: 5,012')
    expect(factsOf(html)).toEqual({
      commitment: 'c0'.repeat(32),
      'beacon.url': 'https:&#x2F;&#x2F;api.drand.sh',
      'beacon.hash': 'ab'.repeat(32),
      'beacon.round': '4711',
    })
    expect(html).not.toContain('verify-draw')
    expect(drawPage({ planned: { ...PLANNED, beacon: null } })).toContain('The draw uses the secret alone.')
    expect(drawPage({ planned: { ...PLANNED, phase: 'drawing' } })).toContain('The draw is being made.')
  })

  it('shows everything that the draw was computed from, the rank of the visitor, and how to verify it', () => {
    const html = drawPage({ made: [MADE], own: { entry: 250, draw: MADE, rank: 17 } })
    expect(html).toContain('The draw used the secret and the public randomness below.')
    expect(html).toContain('Your place in the draw: 17 of 4,000')
    expect(factsOf(html)).toMatchObject({
      secret: '5e'.repeat(32),
      randomness: '7a'.repeat(32),
      seed: '99'.repeat(32),
      run: '1000',
      first: '100',
      end: '4100',
      ahead: '12',
    })
    expect(html).toContain('npm run verify-draw -- FILE')
    expect(html).toContain('<h2 dir="auto">Autumn sale</h2>')
    expect(html).toContain('<a href="&#x2F;draw?format&#x3D;json">Data (JSON)</a>')
  })

  it('says plainly that the public randomness could not be read', () => {
    const html = drawPage({ made: [{ ...MADE, randomness: null }] })
    expect(html).toContain('could not be read within 60 seconds, so the draw used the secret alone')
    expect(factsOf(html)).toMatchObject({ randomness: '–', 'beacon.round': '4711' })
    expect(drawPage({ made: [{ ...MADE, randomness: null, beacon: null }] })).toContain(
      'The draw uses the secret alone.',
    )
  })

  it('shows the rank of the visitor only with the draw that it belongs to', () => {
    const earlier = { ...MADE, event: 'summer' }
    const html = drawPage({ planned: PLANNED, made: [MADE, earlier], own: { entry: 250, draw: earlier, rank: 17 } })
    expect(html).toContain('<h2 dir="auto">summer</h2>')
    const [, planned, newest, oldest] = html.split('<section>')
    expect([planned, newest, oldest].map((part) => part?.includes('Entry number: 250'))).toEqual([false, false, true])
  })

  it('says that the room has no draw', () => {
    expect(drawPage({})).toContain('<p>This waiting room has no draw.</p>')
  })

  it.each(LANGUAGES)('is in the language of the visitor: %s', (language) => {
    const html = drawPage({ planned: PLANNED, made: [MADE], language })
    expect(html).toContain(`<html lang="${language}"`)
    expect(html).toContain(`<h1>${messages[language].draw.title}</h1>`)
    expect(html).not.toMatch(/[{}](?![^<]*<\/style>)/)
  })
})
