/** Joins by network: the class of each, in bounded memory. */
import { describe, expect, it } from 'vitest'
import { JoinNetworks, NETWORK_CLASSES } from '../../src/core/join-networks.ts'
import { JOIN_NETWORKS_MAX } from '../../src/core/limits.ts'
import { WHO_CAME_TOTALS, type WhoCameTotals, whoCame } from '../../src/core/who-came.ts'
import { DrivenLine, START_MS } from './support/driven-line.ts'

const MINUTE_MS = 60_000
const [QUIET, SHARED, BUSY, CROWDED] = NETWORK_CLASSES

/** The classes of this many joins from one network at one time. */
function classes(networks: JoinNetworks, count: number, network: number, nowMs = START_MS): (string | undefined)[] {
  return Array.from({ length: count }, () => networks.add(network, nowMs))
}

describe('the joins of a network within an hour', () => {
  it('are classed by their rank: up to 3, up to 20, up to 200, and beyond', () => {
    const found = classes(new JoinNetworks(), 202, 7)
    expect([0, 2, 3, 19, 20, 199, 200, 201].map((i) => found[i])).toEqual([
      QUIET,
      QUIET,
      SHARED,
      SHARED,
      BUSY,
      BUSY,
      CROWDED,
      CROWDED,
    ])
  })

  it('do not count for another network, even one with the highest hash', () => {
    const networks = new JoinNetworks()
    classes(networks, 300, 2 ** 32 - 1)
    expect(networks.add(2 ** 31 - 1, START_MS)).toBe(QUIET)
  })

  it('are remembered across slots for 50 minutes at least, and no longer than an hour', () => {
    const networks = new JoinNetworks()
    classes(networks, 3, 7)
    for (let minute = 5; minute < 60; minute += 5) networks.add(1000 + minute, START_MS + minute * MINUTE_MS)
    expect(networks.add(7, START_MS + 50 * MINUTE_MS)).toBe(SHARED)
    const later = new JoinNetworks()
    classes(later, 3, 7)
    later.add(8, START_MS + 55 * MINUTE_MS)
    expect(later.add(7, START_MS + 60 * MINUTE_MS)).toBe(QUIET)
  })

  it('start anew after the clock was set back, without an error', () => {
    const networks = new JoinNetworks()
    classes(networks, 3, 7)
    expect(networks.add(7, START_MS - 3600 * 1000)).toBe(QUIET)
    expect(classes(networks, 3, 7, START_MS - 3600 * 1000)).toEqual([QUIET, QUIET, SHARED])
  })

  it('of a known network are counted at the bound in later slots, too', () => {
    const networks = new JoinNetworks()
    classes(networks, 4, 7)
    for (let i = 0; i < JOIN_NETWORKS_MAX; i++) networks.add(1_000_000 + i, START_MS)
    const found = classes(networks, 17, 7, START_MS + 11 * MINUTE_MS)
    expect([found[0], found[15], found[16]]).toEqual([SHARED, SHARED, BUSY])
    expect(networks.size).toBe(JOIN_NETWORKS_MAX)
  })

  it('take bounded memory: at the bound further networks count as new, known ones as before', () => {
    const networks = new JoinNetworks()
    classes(networks, 4, 7)
    for (let i = 0; i < JOIN_NETWORKS_MAX + 10; i++) networks.add(1_000_000 + i, START_MS)
    expect(networks.size).toBe(JOIN_NETWORKS_MAX)
    expect(classes(networks, 5, 9)).toEqual(Array(5).fill(QUIET))
    expect(networks.add(7, START_MS)).toBe(SHARED)
    // The counts of the hour before make room again.
    networks.add(9, START_MS + 61 * MINUTE_MS)
    expect(networks.size).toBe(1)
  })
})

describe('a line', () => {
  const join = (line: DrivenLine, count: number, details: object) =>
    line.exchange({
      joins: Array.from({ length: count }, () => `key ${Math.random()}`),
      joinDetails: Array(count).fill(details),
    })

  it('counts each new ticket in one class, a repeated join and an unknown network in none', () => {
    const line = new DrivenLine({ capacity: 1 })
    join(line, 5, { network: 7 })
    join(line, 2, {})
    for (let i = 0; i < 2; i++) line.exchange({ joins: ['same'], joinDetails: [{ network: 8 }] })
    line.join(1)
    expect(line.line.totals).toMatchObject({
      joined: 9,
      joinedFromQuietNetworks: 4,
      joinedFromSharedNetworks: 2,
      joinedFromBusyNetworks: 0,
    })
  })

  it('keeps the totals over a restart, and counts networks anew', () => {
    const line = new DrivenLine({ capacity: 1 })
    join(line, 4, { network: 7 })
    line.crash()
    join(line, 1, { network: 7 })
    expect(line.line.totals).toMatchObject({ joinedFromQuietNetworks: 4, joinedFromSharedNetworks: 1 })
  })
})

describe('the report who came', () => {
  const point = (figures: Partial<WhoCameTotals>): WhoCameTotals => ({
    ...(Object.fromEntries(WHO_CAME_TOTALS.map((total) => [total, 0])) as unknown as WhoCameTotals),
    ...figures,
  })

  it('adds up its points, and finds the share that looks automated', () => {
    const report = whoCame([
      point({ joined: 10, joinedFromQuietNetworks: 6, joinedFromCrowdedNetworks: 1, limited: 2 }),
      point({ joined: 10, joinedFromBusyNetworks: 9, checksOverlooked: 4, limited: 3 }),
    ])
    expect(report).toMatchObject({ joined: 20, joinedFromUnknownNetworks: 4, limited: 5, suspectedShare: 5 / 20 })
  })

  it('has no share without joins, and never one above 1', () => {
    expect(whoCame([])).toMatchObject({ joined: 0, suspectedShare: null, joinedFromUnknownNetworks: 0 })
    const both = point({ joined: 2, joinedFromCrowdedNetworks: 2, checksOverlooked: 2 })
    expect(whoCame([both]).suspectedShare).toBe(1)
  })
})
