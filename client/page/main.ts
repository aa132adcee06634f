/**
 * The waiting page's script: polls the visitor's status, shows it, and opens the site on admission.
 * This file connects the parts; src/pages/wording.ts turns a status into words.
 */
import { countdownText } from '../../src/pages/event-wording.ts'
import { pageState } from '../../src/pages/wording.ts'
import { wordsOf } from '../../src/pages/words.ts'
import type { PageState, PolledStatus, Status } from '../../src/status.ts'
import { callMe } from './call-me.ts'
import { tellChange, ticketOf, toldFirst } from './changes.ts'
import { Countdown, endOf, serverTimeOf } from './countdown.ts'
import { Poller } from './poller.ts'
import { byId, screen, setText } from './screen.ts'
import { fetchStatus, sendLeave, tellDeparture } from './server.ts'
import { shareTabs, takesEntry } from './tabs.ts'
import { workerTimer } from './timer.ts'
import { texts, visit } from './visit.ts'

declare global {
  interface Window {
    /** Of watchdog.js; a template may lack it. */
    readonly waitingRoomAlive?: (untilNextMs: number) => void
  }
}

/** The watchdog reloads the page if the next step of this script is late by this much. */
const LATE_MS = 30_000

/** A visitor who is admitted has to allow cookies first. */
const COOKIES_EVERY_SECONDS = 5

/** Longer than the interval between polls of a tab that goes on. */
const GIVEN_UP_AGAIN_MS = 3_000

/** A single failed poll is not worth alarming the visitor. */
const FAILURES_SHOWN = 2

const words = wordsOf(texts)
const show = screen(words)

let { status, token } = visit
let state = pageState(status)
let told = toldFirst(status)
let note = visit.note
let cookies = navigator.cookieEnabled
/** Set when waiting has ended; polling stops. */
let over: PageState | null = null
let isEntering = false
/** The latest answer said that the place was given up. */
let isGivenUp = false
let entersElsewhere = false
/** It was the visitor's turn while nobody looked at this tab, so the button leads in. */
let isCalled = false
let comesIn = false

function render(): void {
  const lost = over === null && poller.failures >= FAILURES_SHOWN
  state = over ?? (lost ? 'lost' : pageState(status, state))
  const keptSeconds = status.placeKeptSeconds - (performance.now() - poller.heardMs) / 1000
  const said = note || (told.change === null ? '' : noteOfChange(told.change))
  const needsCookies = !cookies && (over === null || over === 'admitted')
  const { aheadMs: serverAheadMs } = countdown
  const view = show({
    state,
    status,
    keptSeconds,
    serverAheadMs,
    note: said,
    needsCookies,
    entersElsewhere,
    wasCalled: isCalled,
  })
  countdown.run(view.countdown === '' ? null : endOf(status))
}

function noteOfChange(change: NonNullable<typeof told.change>): string {
  return texts[change].replace('{number}', words.number(ticketOf(status) ?? 0))
}

// --- The countdown to the start of an event, or to the opening of the line.

let ticking: ReturnType<typeof setTimeout> | undefined
const countdown = new Countdown({
  show: (leftMs) => setText('countdown', countdownText(leftMs, words, state === 'called' ? '' : undefined)),
  nowMs: Date.now,
  schedule(delayMs, tick) {
    ticking = setTimeout(tick, delayMs)
  },
  cancel: () => clearTimeout(ticking),
})
countdown.correctClock(serverTimeOf(status))

// --- Polling.

/** 0: nothing more is expected of this script. */
function signOfLife(untilNextMs: number): void {
  window.waitingRoomAlive?.(untilNextMs)
}

const timer = workerTimer()
const poller = new Poller({
  schedule(delayMs, callback) {
    signOfLife(delayMs + LATE_MS)
    timer.schedule(delayMs, callback)
  },
  cancel() {
    signOfLife(0)
    timer.cancel()
  },
  poll,
  nowMs: () => performance.now(),
  random: Math.random,
  onTrouble: () => render(),
})

async function poll(signal: AbortSignal | undefined): Promise<number> {
  const response = await fetchStatus(token, isUnseen(), signal)
  // The room was removed from the settings: go to the address, and let whatever covers it now
  // answer.
  if (response.status === 404) await enter()
  // The visitor has no ticket, and another page says how to get one: 403 a check or an access key,
  // 409 a place that another device holds.
  if (response.status === 403 || response.status === 409) openSite()
  // 429: too many joins from this address. The body is a status that says so, and when to poll
  // again.
  if (!response.ok && response.status !== 429) {
    const retryAfterMs = Number(response.headers.get('Retry-After')) * 1000 || 0
    throw Object.assign(new Error(`status ${response.status}`), { retryAfterMs })
  }
  const answer: PolledStatus = await response.json()
  if (typeof answer.pollAfterSeconds !== 'number') throw new Error('not a status')
  if (over !== null) return 0
  // Of two tabs opened at once the server gives up one ticket, and the other tab is about to tell
  // its own. So the second answer counts.
  const wasGivenUp = isGivenUp
  isGivenUp = answer.state === 'left'
  if (isGivenUp && !wasGivenUp) return GIVEN_UP_AGAIN_MS
  token = response.headers.get('Waiting-Room-Token') ?? token
  cookies = answer.cookies
  countdown.correctClock(serverTimeOf(answer))
  tabs.tell({ status: answer, token, aheadMs: countdown.aheadMs, cookies })
  take(answer)
  const afterSeconds = answer.state === 'admitted' ? COOKIES_EVERY_SECONDS : answer.pollAfterSeconds
  return (tabs.leads ? 1 : 2) * afterSeconds * 1000
}

function take(answer: Status): void {
  told = tellChange(told, status, answer)
  if (note === texts.leaveFailed) note = visit.note
  status = answer
  if (answer.state === 'admitted') void enter()
  else if (hasEnded(answer)) finish(answer.state)
  else {
    if (answer.state === 'called') beCalled()
    render()
  }
}

function isUnseen(): boolean {
  return !comesIn && (isCalled || document.hidden)
}

/** The slot is held, because nobody looked at the tab that polled. */
function beCalled(): void {
  if (isCalled || comesIn) return
  isCalled = document.hidden
  if (isCalled) void caller.call('called')
  else poller.now()
}

function comeIn(event: Event): void {
  if (over !== null || !isCalled) return
  event.preventDefault()
  comesIn = true
  poller.start(0)
}

function hasEnded({ state }: Status): boolean {
  return state === 'expired' || state === 'moved' || state === 'left'
}

// --- Tabs.

const tabs = shareTabs(
  status.room,
  (message) => {
    if (over !== null) return
    if (message.left === true) return finish('left')
    // Two tabs opened at once have a ticket each. The server keeps the better one, so it must see
    // this one.
    if (isAhead(status, message.status)) return poller.now()
    token = message.token
    cookies = message.cookies !== false
    countdown.aheadMs = message.aheadMs
    take(message.status)
    if (over === null) poller.heard(message.status.pollAfterSeconds * 1000)
  },
  () => poller.now(),
)

function isAhead(mine: Status, theirs: Status): boolean {
  if (theirs.state === 'admitted' || ticketOf(mine) === ticketOf(theirs)) return false
  return mine.number !== null && theirs.number !== null && mine.number < theirs.number
}

// --- The end of waiting.

function finish(state: PageState): void {
  over = state
  note = ''
  told = { ...told, change: null }
  render()
  poller.stop()
  tabs.close()
}

async function enter(): Promise<void> {
  if (over !== null || isEntering) return
  // Without cookies, the site would send the visitor to the end of the line. The page says so, and
  // polls until they are allowed.
  if (!cookies) return render()
  isEntering = true
  const isFirst = await takesEntry(status.room)
  if (over !== null) return
  entersElsewhere = !isFirst
  finish('admitted')
  if (isFirst) signOfLife(LATE_MS)
  await caller.call('admitted')
  if (isFirst) openSite()
}

function openSite(): void {
  // The server never sees the fragment. Replacing the address with itself plus a fragment would
  // only scroll.
  const { hash } = location
  if (hash !== '') history.replaceState(null, '', `${visit.prefix}/`)
  location.replace(visit.returnUrl + hash)
}

async function leave(event: Event): Promise<void> {
  event.preventDefault()
  const button = byId<HTMLButtonElement>('leave-yes')
  if (button !== null) button.disabled = true
  try {
    const response = await sendLeave(token)
    if (!response.ok) throw new Error(`status ${response.status}`)
    tabs.tell({ status, token, aheadMs: countdown.aheadMs, cookies, left: true })
    finish('left')
    byId('heading')?.focus()
  } catch {
    if (button !== null) button.disabled = false
    note = texts.leaveFailed
    render()
  }
}

const caller = callMe(byId<HTMLInputElement>('call-me'), texts, () => {
  note = texts.noNotifications
  render()
})

// --- Page lifecycle.

function start(): void {
  byId('leave')?.addEventListener('submit', leave)
  byId('action')?.addEventListener('click', comeIn)
  byId('language')?.addEventListener('submit', (event) => {
    // The server never sees the fragment.
    const back = (event.currentTarget as HTMLFormElement).elements.namedItem('return') as HTMLInputElement
    back.value = visit.returnUrl + location.hash
  })
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && poller.now())
  addEventListener('online', () => poller.now())
  addEventListener('offline', () => {
    if (over !== null) return
    poller.fail()
    poller.fail()
  })
  addEventListener('pagehide', () => {
    if (over !== null) return
    // A hint only: links, reloads and closing look alike. A poll of another tab cancels it.
    if (tabs.leads) tellDeparture()
    poller.stop()
    tabs.close()
  })
  addEventListener('pageshow', (event) => {
    if (!event.persisted || over !== null) return
    tabs.open()
    poller.resume()
  })
  tabs.open()
  render()
  if (status.state === 'admitted') void enter()
  if (hasEnded(status)) finish(status.state)
  else poller.start(status.pollAfterSeconds * 1000)
}

if (visit.preview === undefined) start()
else {
  over = visit.preview
  render()
}
