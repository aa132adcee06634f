/**
 * Room clients with one of their duties switched off: at their port, where it can be done there.
 */

import type { Mutant } from '../../simulation/simulated-isolate.ts'
import type { AgedNumbers, ExchangeRequest } from '../../src/core/exchange.ts'
import type { RoomClient, RoomPort } from '../../src/room/room-client.ts'

/** A call that failed is never made again. */
export const withoutRetry: Mutant = {
  port: (port) => ({
    ...port,
    // What the platform says of an object that wants to be left alone.
    call: (request) => port.call(request).catch((error) => Promise.reject(Object.assign(error, { overloaded: true }))),
  }),
}

/** Everyone was heard just now, however long that was delayed. */
export const withoutAges: Mutant = {
  port: (port) => ({ ...port, call: (request) => port.call(freshened(request)) }),
}

/** What a failed call carried is forgotten. */
export const withoutPutBack: Mutant = {
  port: (port) => {
    const lost = new Set<string>()
    return { ...port, call: (request) => callWithout(lost, request, port) }
  },
}

/** What a failed call carried is kept no longer than the waiting time-out, whatever sessions may be silent for. */
export const withShortPutBack: Mutant = {
  client: (client) => {
    if (!('reportsKeptMs' in client)) throw new Error('the client has no "reportsKeptMs" that could be shortened')
    Object.defineProperty(client, 'reportsKeptMs', { get: () => 20_000 })
  },
}

/** Presence waits for some other call to take it along. */
export const withoutFlush: Mutant = { client: (client) => switchOff(client, 'scheduleFlush') }

/** A claim that could not be made is no sign of life. */
export const withoutClaimsHeard: Mutant = { client: (client) => switchOff(client, 'keepHeard') }

/** A join that is sent again is another join. */
export const withoutJoinKeys: Mutant = {
  port: (port) => ({
    ...port,
    call: (request) => port.call({ ...request, joins: request.joins.map(() => port.randomId()) }),
  }),
}

function freshened(request: ExchangeRequest): ExchangeRequest {
  const fresh = ({ numbers }: AgedNumbers) => ({ numbers, agesMs: new Uint32Array(numbers.length) })
  const claims = request.claims.map((claim) => ({ ...claim, ageMs: 0 }))
  return { ...request, claims, presence: fresh(request.presence), departures: fresh(request.departures) }
}

/** Takes out of a call what an earlier one carried and lost: the same number, heard at the same time. */
async function callWithout(lost: Set<string>, request: ExchangeRequest, port: RoomPort) {
  const nowMs = port.nowMs()
  const presence = without(lost, request.presence, nowMs)
  const departures = without(lost, request.departures, nowMs)
  try {
    return await port.call({ ...request, presence, departures })
  } catch (error) {
    for (const { numbers, agesMs } of [presence, departures]) {
      for (const [i, number] of numbers.entries()) lost.add(wordOf(number, nowMs - (agesMs[i] as number)))
    }
    throw error
  }
}

function without(lost: ReadonlySet<string>, { numbers, agesMs }: AgedNumbers, nowMs: number): AgedNumbers {
  const isKept = (_: number, i: number) => !lost.has(wordOf(numbers[i] as number, nowMs - (agesMs[i] as number)))
  return { numbers: numbers.filter(isKept), agesMs: agesMs.filter(isKept) }
}

function wordOf(number: number, heardMs: number): string {
  return `${number} at ${heardMs}`
}

function switchOff(client: RoomClient, duty: string): void {
  const duties = client as unknown as Record<string, unknown>
  if (typeof duties[duty] !== 'function') throw new Error(`the client has no "${duty}" that could be switched off`)
  duties[duty] = () => {}
}
