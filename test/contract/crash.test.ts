/**
 * The runtime is killed with -9, many times, while a crowd joins, sends heartbeats and claims and
 * while the object ticks. It restarts on the same storage each time. Every number that a visitor
 * was told remains theirs, no more slots are taken than the capacity allows, and admission
 * continues in order.
 */
import { expect, test } from 'vitest'
import { Crowd } from './support/crowd.ts'
import { Origin } from './support/origin.ts'
import { TEST_TIMEOUT_MS } from './support/patience.ts'
import { IN_FLIGHT_MIN, type Kill, type KillFigures, Rush } from './support/rush.ts'
import { room } from './support/stage.ts'
import { Workerd } from './support/workerd.ts'

const ROOM = 'crash'
const CAPACITY = 160
const TICK_SECONDS = 5

/**
 * One kill of each kind in turn. The very first answer of a life comes alone, when its write has
 * had the least time. A tick is caught as soon as it shows, and later kills hit every part of a
 * batch.
 */
const KILLS: readonly Kill[] = [
  { during: 'joins', answers: 400, laterMs: 0 },
  ...[
    [1, 400, 0, 0],
    [377, 1, 1, 0],
    [1, 200, 3, 1],
    [463, 250, 0, 0],
    [500, 300, 5, 0],
    [350, 350, 2, 2],
    [420, 150, 0, 0],
  ].flatMap(([joins = 1, claims = 1, laterMs = 0, tickLaterMs = 0]): Kill[] => [
    { during: 'claims', answers: claims, laterMs },
    { during: 'tick', answers: 1, laterMs: tickLaterMs },
    { during: 'joins', answers: joins, laterMs },
  ]),
]

test(
  'keeps every number, the order and single admission when the runtime is killed repeatedly',
  async () => {
    const origin = await Origin.start()
    const rooms = [room(ROOM, CAPACITY, { check_interval_seconds: TICK_SECONDS, session_max_seconds: 86_400 })]
    const workerd = await Workerd.start({ originUrl: origin.url, rooms })
    try {
      const crowd = new Crowd(workerd, ROOM, CAPACITY)
      const kills: KillFigures[] = []
      for (const kill of KILLS) {
        const before = crowd.highestNumber
        kills.push(await new Rush(workerd, crowd, TICK_SECONDS * 1000, kill).untilKilled())
        await workerd.restart()
        await crowd.giveUpUndelivered()
        await crowd.reloadSince(before)
      }
      const servedInCrashes = crowd.count('gone')
      await crowd.reloadSince(0)
      await crowd.drain()
      const { clients, undelivered, lost, duplicates, orderViolations, admittedTwice, overCapacity } = crowd
      const callsInFlightMin = Math.min(...kills.map(({ inFlight }) => inFlight))
      const answersInLast100msMin = Math.min(...kills.map(({ recentAnswers }) => recentAnswers))
      const figures = {
        crashes: kills.length,
        duringJoins: KILLS.filter(({ during }) => during === 'joins').length,
        duringClaims: KILLS.filter(({ during }) => during === 'claims').length,
        duringTicks: KILLS.filter(({ during }) => during === 'tick').length,
        ticksCutShort: kills.filter(({ cutTick }) => cutTick).length,
        clients: clients + undelivered,
        told: clients,
        servedInCrashes,
        lost: lost.length,
        duplicates: duplicates.length,
        orderViolations: orderViolations.length,
        admittedTwice: admittedTwice.length,
        overCapacity: overCapacity.length,
        callsInFlightMin,
        answersInLast100msMin,
      }
      console.info(`crash test: ${JSON.stringify(figures)}`)
      expect({ lost, duplicates, orderViolations, admittedTwice, overCapacity }).toEqual({
        lost: [],
        duplicates: [],
        orderViolations: [],
        admittedTwice: [],
        overCapacity: [],
      })
      expect(kills.length).toBeGreaterThanOrEqual(20)
      expect(callsInFlightMin).toBeGreaterThanOrEqual(IN_FLIGHT_MIN)
      expect(answersInLast100msMin).toBeGreaterThanOrEqual(1)
      expect(clients).toBeGreaterThanOrEqual(2_000)
      expect(servedInCrashes).toBeGreaterThan(0)
      // Every visitor had their turn.
      expect(crowd.count('gone')).toBe(clients)
    } finally {
      await workerd.stop()
      await origin.stop()
    }
  },
  2 * TEST_TIMEOUT_MS,
)
