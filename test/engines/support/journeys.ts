/**
 * The journeys of visitors and operators, told in terms of a tab, so that every engine can play
 * them. Each journey has a room to itself.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { guestOf, urlOf, visitorOf } from '../../browser/support/site.ts'
import { journal, stats } from '../../contract/support/operator.ts'
import { PATIENCE_MS } from '../../contract/support/patience.ts'
import type { Stage } from '../../contract/support/stage.ts'
import { ADMIN_TOKEN, type RoomTable } from '../../contract/support/worker-config.ts'
import type { Relay } from './relay.ts'
import type { Tab } from './tab.ts'

export interface Scene {
  readonly stage: Stage
  /** Name of the room. */
  readonly room: string
  /** A new tab of the browser. It closes after the journey. */
  tab(): Promise<Tab>
  /** Leads to the server of the stage. */
  readonly relay: Relay
}

export interface Journey {
  /** Names the column of docs/browsers.md, and the room. */
  readonly name: string
  readonly title: string
  readonly capacity: number
  readonly settings?: RoomTable
  /** Tabs that are open at once. */
  readonly tabs: number
  /** `npm test` plays it, too. */
  readonly isShort?: true
  /** Returns what the table says about the engine. */
  play(scene: Scene): Promise<string>
}

const PASSED = 'yes'
const RETRY_MS = 100
/** Time-outs that a beacon's journey can wait for. */
const SHORT_SESSION = { session_timeout_seconds: 20, heartbeat_timeout_seconds: 20, check_interval_seconds: 5 }

export const JOURNEYS: readonly Journey[] = [
  {
    name: 'line',
    title: 'shows the position, moves up with the line, and opens the first requested address on admission',
    capacity: 1,
    tabs: 1,
    isShort: true,
    async play({ stage, room, tab }) {
      const guest = await guestOf(stage, room)
      const ahead = visitorOf(stage, room)
      await ahead.get('/page')
      const page = await tab()
      const url = urlOf(stage, room, '/page?seat=7#row')
      await page.go(url)
      await untilValue(page, POSITION, '2')
      await ahead.leave()
      await untilValue(page, POSITION, '1')
      await guest.leave()
      await untilOnSite(page)
      same(await page.run('location.href'), url)
      return PASSED
    },
  },
  {
    name: 'tabs',
    title: 'gives two tabs one ticket and one place on the site',
    capacity: 1,
    tabs: 2,
    async play({ stage, room, tab }) {
      const guest = await guestOf(stage, room)
      const [first, second] = [await tab(), await tab()]
      const ticket = await joinLine(first, urlOf(stage, room, '/page'))
      same(await joinLine(second, urlOf(stage, room, '/page')), ticket)
      same((await stats(stage.workerd, room)).waiting, 1)
      await guest.leave()
      await until('one of the tabs is on the site', async () => (await isOnSite(first)) || (await isOnSite(second)))
      const { active, waiting } = await stats(stage.workerd, room)
      same([active, waiting], [1, 0])
      return PASSED
    },
  },
  {
    name: 'lost',
    title: 'says when the connection is lost, and keeps the ticket once it is back',
    capacity: 1,
    tabs: 1,
    async play({ stage, room, tab, relay }) {
      await guestOf(stage, room)
      const page = await tab()
      const ticket = await joinLine(page, relay.through(urlOf(stage, room, '/page')))
      relay.cut()
      await untilValue(page, STATE, 'lost')
      relay.restore()
      await untilInLine(page)
      same(await ticketOf(page), ticket)
      return PASSED
    },
  },
  {
    name: 'beacon',
    title: 'renews the session of an open page, while that of a silent visitor ends',
    capacity: 2,
    settings: SHORT_SESSION,
    tabs: 1,
    async play({ stage, room, tab, relay }) {
      const page = await tab()
      await page.go(relay.through(urlOf(stage, room, '/page')))
      await untilOnSite(page)
      // This session begins later, so it would end later, too. Its one heartbeat tells the room
      // that more should follow.
      const silent = await guestOf(stage, room)
      await silent.post('/__waiting-room/heartbeat', '{"touched":false}', { 'Content-Type': 'application/json' })
      const expired = async () => {
        const { entries } = await journal(stage.workerd, room)
        return entries.filter(({ event }) => event === 'expired').map(({ number }) => number)
      }
      await until('a session has expired', async () => (await expired()).length > 0)
      // The first heartbeat began the watch over this page, too.
      const beats = relay.requests.filter((line) => line === 'POST /__waiting-room/heartbeat').length
      same([await expired(), beats >= 3], [[silent.number], true])
      return PASSED
    },
  },
  {
    name: 'leave',
    title: 'lets a visitor give up the place after one question, with the keyboard',
    capacity: 1,
    tabs: 1,
    async play({ stage, room, tab }) {
      await guestOf(stage, room)
      const page = await tab()
      await joinLine(page, urlOf(stage, room, '/page'))
      await page.run("document.getElementById('leave-ask').focus()")
      await page.key('Enter')
      await untilValue(page, "document.getElementById('leave-box').open", true)
      await page.key('Tab')
      same(await page.run('document.activeElement.id'), 'leave-yes')
      await page.key('Enter')
      await untilValue(page, STATE, 'left')
      same(await page.run('document.activeElement.id'), 'heading')
      await until('the line is empty', async () => (await stats(stage.workerd, room)).waiting === 0)
      return PASSED
    },
  },
  {
    name: 'languages',
    title: 'shows Arabic from right to left within the window, and another language once it is picked',
    capacity: 1,
    tabs: 1,
    async play({ stage, room, tab }) {
      await guestOf(stage, room)
      const page = await tab()
      await joinLine(page, urlOf(stage, room, '/page?lang=ar'))
      const ticket = await page.run(SERVED_TICKET)
      same(await page.run('[document.documentElement.dir, document.documentElement.lang]'), ['rtl', 'ar'])
      const heading = await page.run<string>("document.getElementById('heading').textContent")
      if (!/^\p{Script=Arabic}/u.test(heading)) throw new Error(`The heading is not in Arabic: ${heading}`)
      same(await page.run('document.documentElement.scrollWidth <= innerWidth'), true)
      await page.click('#languages summary')
      await page.click('#languages button[value=hi]')
      await untilValue(page, 'document.documentElement.lang', 'hi')
      await untilInLine(page)
      same(await page.run(SERVED_TICKET), ticket)
      return PASSED
    },
  },
  {
    name: 'back',
    title: 'keeps the place on the way back, and goes on polling',
    capacity: 1,
    tabs: 1,
    async play({ stage, room, tab }) {
      await guestOf(stage, room)
      const ahead = visitorOf(stage, room)
      await ahead.get('/page')
      const page = await tab()
      const ticket = await joinLine(page, urlOf(stage, room, '/page'))
      await page.run('window.isSame = true')
      await page.go(urlOf(stage, room, '/__waiting-room/healthz'))
      await page.back()
      await untilInLine(page)
      same(await ticketOf(page), ticket)
      await ahead.leave()
      await untilValue(page, POSITION, '1')
      return (await page.run('window.isSame === true')) ? 'yes, restored' : 'yes, reloaded'
    },
  },
  {
    name: 'operators',
    title: 'logs an operator in and draws the charts, whatever the language of the browser',
    capacity: 1,
    settings: { check_interval_seconds: 5 },
    tabs: 1,
    isShort: true,
    async play({ stage, room, tab }) {
      await guestOf(stage, room)
      await visitorOf(stage, room).get('/')
      const page = await tab()
      await page.go(`${urlOf(stage, room, '/__waiting-room/admin')}#${room}`)
      await untilValue(page, "document.querySelectorAll('input[type=password]').length", 1)
      await page.click('input[type=password]')
      await page.type(ADMIN_TOKEN)
      await page.key('Enter')
      await untilValue(page, "document.querySelector('h2')?.textContent", room)
      // Drawn, once the first sample has arrived.
      await untilValue(page, `[...document.querySelectorAll('.charts canvas')].some(${hasInk})`, true)
      return PASSED
    },
  },
]

const STATE = "document.getElementById('waiting-room')?.dataset.state"
const POSITION = "document.getElementById('position')?.textContent"
/** Without the digits of a language. */
const SERVED_TICKET = "JSON.parse(document.getElementById('visit').textContent).status.number"

/** Runs in the page. */
const hasInk = `(canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  return data.some((value) => value !== 0)
}`

async function joinLine(page: Tab, url: string): Promise<string> {
  await page.go(url)
  await untilInLine(page)
  return ticketOf(page)
}

function ticketOf(page: Tab): Promise<string> {
  return page.run("document.getElementById('ticket').textContent")
}

function untilInLine(page: Tab): Promise<void> {
  return until('the page shows a place in line', async () => /^(waiting|almost)$/.test(await page.run(STATE)))
}

function untilOnSite(page: Tab): Promise<void> {
  return until('the page is on the site', () => isOnSite(page))
}

async function isOnSite(page: Tab): Promise<boolean> {
  return (await page.text()).includes('Grüße from the shop')
}

async function untilValue(page: Tab, expression: string, value: string | number | boolean): Promise<void> {
  await until(`${expression} is ${JSON.stringify(value)}`, async () => (await page.run(expression)) === value)
}

/** While a page is replaced by the next one, an expression fails: that is tried again, too. */
async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const giveUpMs = Date.now() + PATIENCE_MS
  for (;;) {
    const result = await isSo().catch((error: Error) => error)
    if (result === true) return
    if (Date.now() > giveUpMs) {
      const why = result instanceof Error ? ` (${result.message})` : ''
      throw new Error(`Within ${PATIENCE_MS / 1000} s it never happened that ${what}${why}`)
    }
    await pause(RETRY_MS)
  }
}

function same(found: unknown, expected: unknown): void {
  const [one, other] = [found, expected].map((value) => JSON.stringify(value))
  if (one !== other) throw new Error(`${one} instead of ${other}`)
}
