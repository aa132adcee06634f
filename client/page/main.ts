/**
 * The waiting page's script: asks where the visitor stands, shows it, and goes to the site when it is time. How a status
 * reads is in src/pages/wording.ts; this file only joins the parts.
 */

import { pageState, wordsOf } from '../../src/pages/wording.ts'
import type { PageState, PolledStatus, Status } from '../../src/status.ts'
import { readBoot } from './boot.ts'
import { callMe } from './call-me.ts'
import { tellChange, toldFirst } from './changes.ts'
import { Poller } from './poller.ts'
import { byId, screen } from './screen.ts'
import { shareTabs } from './tabs.ts'
import { workerTimer } from './timer.ts'

/** One failed poll is not worth alarming anybody; two in a row are. */
const FAILURES_SHOWN = 2

const PREFIX = '/__waiting-room'

const { visit, texts } = readBoot()
const words = wordsOf(visit.lang, texts)
const show = screen(words)
const query = `?room=${encodeURIComponent(visit.status.room)}`

let { status, token } = visit
let told = toldFirst(status)
let note = visit.note
let cookies = navigator.cookieEnabled
/** The end of waiting: nothing is asked any more. */
let over: PageState | null = null

function render(): void {
  const lost = over === null && poller.failures >= FAILURES_SHOWN
  const state = over ?? (lost ? 'lost' : pageState(status))
  const keptSeconds = status.placeKeptSeconds - (performance.now() - poller.heardMs) / 1000
  const said = note || (told.change === null ? '' : noteOfChange(told.change))
  show({ state, status, keptSeconds, note: cookies || over === 'left' || over === 'expired' ? said : texts.cookies })
}

function noteOfChange(change: NonNullable<typeof told.change>): string {
  return texts[change].replace('{number}', words.number(status.number ?? 0))
}

// --- Asking.

const timer = workerTimer()
const poller = new Poller({
  ...timer,
  ask,
  nowMs: () => performance.now(),
  random: Math.random,
  onTrouble: () => render(),
})

async function ask(signal: AbortSignal): Promise<number> {
  const response = await fetch(`${PREFIX}/status${query}`, {
    signal,
    headers: headers({ Accept: 'application/json' }),
    cache: 'no-store',
  })
  // The room is gone from the settings: what covers this address now answers.
  if (response.status === 404) await enter()
  // Too many came from this address at once: the answer says so, and when to ask again.
  if (!response.ok && response.status !== 429) {
    const retryAfterMs = Number(response.headers.get('Retry-After')) * 1000 || 0
    throw Object.assign(new Error(`status ${response.status}`), { retryAfterMs })
  }
  const answer: PolledStatus = await response.json()
  if (typeof answer.pollAfterSeconds !== 'number') throw new Error('not a status')
  if (over !== null) return 0
  token = response.headers.get('Waiting-Room-Token') ?? token
  cookies = answer.cookies
  tabs.tell({ status: answer, token })
  take(answer)
  return (tabs.leads ? 1 : 2) * answer.pollAfterSeconds * 1000
}

function headers(own: Record<string, string>): Record<string, string> {
  return token === null ? own : { ...own, 'Waiting-Room-Token': token }
}

function take(answer: Status): void {
  told = tellChange(told, status, answer)
  if (note === texts.leaveFailed) note = visit.note
  status = answer
  if (answer.state === 'admitted') void enter()
  else if (answer.state === 'expired') finish('expired')
  else render()
}

// --- Tabs.

const tabs = shareTabs(
  status.room,
  (message) => {
    if (over !== null) return
    if (message.left === true) return finish('left')
    // Two tabs opened at once have a ticket each: the server keeps the better one, and must be shown this one.
    if (isAhead(status, message.status)) return poller.now()
    token = message.token
    take(message.status)
    if (over === null) poller.heard(message.status.pollAfterSeconds * 1000)
  },
  () => poller.now(),
)

function isAhead(mine: Status, theirs: Status): boolean {
  return theirs.state !== 'admitted' && mine.number !== null && theirs.number !== null && mine.number < theirs.number
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
  if (over !== null) return
  finish('admitted')
  // Who keeps no cookies would only be sent to the end of the line: they are told, and decide.
  if (!cookies) return
  await caller.call()
  // The server never sees the fragment. Going to the address one is at, with a fragment, would only scroll.
  const { hash } = location
  if (hash !== '') history.replaceState(null, '', `${PREFIX}/`)
  location.replace(visit.returnUrl + hash)
}

async function leave(event: Event): Promise<void> {
  event.preventDefault()
  const button = byId<HTMLButtonElement>('leave-yes')
  if (button !== null) button.disabled = true
  try {
    const response = await fetch(`${PREFIX}/leave${query}`, {
      method: 'POST',
      headers: headers({ 'Content-Type': 'application/json' }),
      body: '{"final":true}',
    })
    if (!response.ok) throw new Error(`status ${response.status}`)
    tabs.tell({ status, token, left: true })
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

// --- What browsers do to pages.

function start(): void {
  byId('leave')?.addEventListener('submit', leave)
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
    // A hint: links, reloads and closing look alike. Another tab goes on asking, and takes it back.
    if (tabs.leads) navigator.sendBeacon(`${PREFIX}/leave${query}`)
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
  else if (status.state === 'expired') finish('expired')
  else poller.start(status.pollAfterSeconds * 1000)
}

if (visit.preview === undefined) start()
else {
  over = visit.preview
  render()
}
