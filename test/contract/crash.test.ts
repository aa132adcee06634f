/**
 * The runtime is killed with -9 while a crowd joins and people come and go, and starts again on the same storage, several
 * times: whatever number anyone was told is still theirs, and admission goes on in order.
 */
import { expect, test } from 'vitest'
import { Crowd } from './support/crowd.ts'
import { Origin } from './support/origin.ts'
import { room } from './support/stage.ts'
import { Workerd } from './support/workerd.ts'

const ROOM = 'crash'
const CAPACITY = 8
const JOINERS = 96
const IN_FLIGHT_MIN = 64

/**
 * When each kill comes: as soon as so many newcomers know their number, or a little later, to fall on all parts of a batch. The
 * very first answer of a life comes alone, when its write has had the least time.
 */
const KILLS = [
  { told: 400, laterMs: 0 },
  { told: 1, laterMs: 0 },
  { told: 297, laterMs: 3 },
  { told: 1, laterMs: 0 },
  { told: 463, laterMs: 2 },
  { told: 1, laterMs: 1 },
  { told: 378, laterMs: 5 },
]

test('nobody who was told a number loses it, shares it, is overtaken or admitted twice', async () => {
  const origin = await Origin.start()
  const workerd = await Workerd.start({ originUrl: origin.url, rooms: [room(ROOM, CAPACITY)] })
  try {
    const crowd = new Crowd(workerd, ROOM)
    const inFlightAtKill: number[] = []
    for (const { told, laterMs } of KILLS) {
      inFlightAtKill.push(await crowd.joinUntilKilled(JOINERS, told, laterMs))
      await workerd.restart()
      await crowd.giveBackUntold()
      await crowd.everyoneReloads()
    }
    const servedInCrashes = crowd.count('gone')
    await crowd.drain()
    const { clients, untold, lost, duplicates, orderViolations, admittedTwice } = crowd
    const figures = { crashes: KILLS.length, inFlightAtKill, clients, servedInCrashes, untold }
    console.info(JSON.stringify({ ...figures, lost, duplicates, orderViolations, admittedTwice }))
    expect({ lost, duplicates, orderViolations, admittedTwice }).toEqual({
      lost: [],
      duplicates: [],
      orderViolations: [],
      admittedTwice: [],
    })
    expect(Math.min(...inFlightAtKill)).toBeGreaterThanOrEqual(IN_FLIGHT_MIN)
    expect(clients).toBeGreaterThanOrEqual(KILLS.reduce((sum, { told }) => sum + told, 0))
    expect(servedInCrashes).toBeGreaterThan(0)
    // All of them had their turn.
    expect(crowd.count('gone')).toBe(clients)
  } finally {
    await workerd.stop()
    await origin.stop()
  }
})
