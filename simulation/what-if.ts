/**
 * Recorded arrivals at another capacity or rate: they join the real line, second by second, with
 * their patience and their stays. Nothing fails, everyone polls, and visitors who leave say so.
 */
import { applyExchange } from '../src/core/exchange.ts'
import { Line } from '../src/core/line.ts'
import type { LineRules } from '../src/core/rules.ts'
import { percentile } from './figures.ts'

export interface Arrival {
  /** Since the first one. */
  readonly seconds: number
  /** Infinite: never leaves the line. */
  readonly patienceSeconds: number
  readonly staySeconds: number
}

export interface WhatIf {
  readonly capacity: number
  readonly ratePerMinute: number
  readonly served: number
  readonly gaveUp: number
  readonly longestLine: number
  readonly waitSecondsP50: number
  readonly waitSecondsP90: number
  /** Until the last visitor had left. */
  readonly minutes: number
}

const START_MS = 1_700_000_000_000
const POLL_SECONDS = 5
/** A day: longer lines are cut off. */
const SECONDS_MAX = 86_400

interface Place {
  readonly arrival: Arrival
  admittedSecond: number | null
}

export function whatIf(rules: LineRules, arrivals: readonly Arrival[]): WhatIf {
  const line = Line.start(rules, START_MS, START_MS)
  const places = new Map<number, Place>()
  const waits: number[] = []
  let [next, second, gaveUp, longestLine, journal] = [0, 0, 0, 0, 0]
  for (; second < SECONDS_MAX && (next < arrivals.length || places.size > 0); second++) {
    const nowMs = START_MS + 1000 * second
    const leaves: number[] = []
    for (const [number, { arrival, admittedSecond }] of places) {
      const since = admittedSecond ?? arrival.seconds
      const limit = admittedSecond === null ? arrival.patienceSeconds : arrival.staySeconds
      if (second - since < limit) continue
      if (admittedSecond === null) gaveUp++
      leaves.push(number)
      places.delete(number)
    }
    const coming: Arrival[] = []
    while (next < arrivals.length && (arrivals[next] as Arrival).seconds <= second)
      coming.push(arrivals[next++] as Arrival)
    line.beginCall(nowMs)
    const heard = second % POLL_SECONDS === 0 ? [...places.keys()] : []
    const presence = { numbers: Uint32Array.from(heard), agesMs: new Uint32Array(heard.length) }
    const joins = coming.map((_, i) => `${second} ${i}`)
    const answers = applyExchange(line, { ...NO_CALL, run: line.run, leaves, presence, joins }).joins
    for (const [i, answer] of answers.entries()) {
      if ('number' in answer) places.set(answer.number, { arrival: coming[i] as Arrival, admittedSecond: null })
    }
    if (second % rules.checkIntervalSeconds === 0) {
      line.beginInternalEvent(nowMs)
      line.advance()
    }
    line.takeChanges(true)
    const page = line.journal.after(journal)
    journal = page.last
    for (const { event, number } of page.entries) {
      const place = places.get(number)
      if (event !== 'admitted' || place === undefined) continue
      place.admittedSecond = second
      // Within a second nobody waits.
      waits.push(Math.max(0, second - Math.ceil(place.arrival.seconds)))
      line.places.claim(number, { beacon: true, touched: true })
    }
    longestLine = Math.max(longestLine, line.tickets.waiting)
  }
  waits.sort((a, b) => a - b)
  return {
    capacity: rules.capacity,
    ratePerMinute: rules.ratePerMinute,
    served: waits.length,
    gaveUp,
    longestLine,
    waitSecondsP50: percentile(waits, 0.5),
    waitSecondsP90: percentile(waits, 0.9),
    minutes: second / 60,
  }
}

const NO_CALL = {
  room: 'what-if',
  isolate: 'one',
  claims: [],
  departures: { numbers: new Uint32Array(), agesMs: new Uint32Array() },
  failures: 0,
  honoured: 0,
}
