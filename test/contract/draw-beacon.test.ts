/** A draw with public randomness, through failures and restarts, and as several isolates see it. */
import { describe, it } from 'vitest'
import { CHAIN_HASH, DrandChain, randomnessOf } from './support/drand-chain.ts'
import { Lobby, NO_PLACE, statusOf, untilStatusIs } from './support/lobby.ts'
import { stats } from './support/operator.ts'
import { Origin } from './support/origin.ts'
import { ranksOf } from './support/published-draw.ts'
import { room } from './support/stage.ts'
import { untilStatus } from './support/until.ts'
import { Visitor } from './support/visitor.ts'
import { Workerd } from './support/workerd.ts'

const ROOM = 'public'
const CAPACITY = 2
const ENTRIES = 7

interface Scene {
  readonly chain: DrandChain
  readonly workerd: Workerd
  /** Its visitors are in, and the round of its draw is known. */
  readonly lobby: Lobby
}

async function withScene(twin: boolean, play: (scene: Scene) => Promise<void>): Promise<void> {
  const chain = new DrandChain()
  const origin = await Origin.start(0, chain.pages)
  const beacon = { draw_beacon: { url: origin.url, hash: CHAIN_HASH }, check_interval_seconds: 5 }
  const workerd = await Workerd.start({ originUrl: origin.url, rooms: [room(ROOM, CAPACITY, beacon)], twin })
  try {
    const lobby = await Lobby.open(workerd, ROOM)
    await lobby.join(ENTRIES)
    await lobby.untilRoundIsKnown()
    await play({ chain, workerd, lobby })
  } finally {
    await workerd.stop()
    await origin.stop()
  }
}

describe.concurrent('a draw with public randomness', () => {
  it('waits for its round, through restarts, and uses it', async ({ expect }) => {
    await withScene(false, async ({ chain, workerd, lobby }) => {
      chain.rounds = 'withheld'
      const [first] = lobby.visitors as [Visitor]
      const { commitment } = await lobby.details()
      await workerd.restart()
      for (const [i, visitor] of lobby.visitors.entries()) {
        const event = { phase: 'lobby', entry: i + 1, commitment }
        expect(await statusOf(visitor)).toMatchObject({ state: 'lobby', ...NO_PLACE, event })
      }
      await lobby.start()
      const drawing = await untilStatusIs(first, ({ event }) => event?.phase === 'drawing')
      expect(drawing).toMatchObject({ state: 'lobby', ...NO_PLACE, event: { entry: 1, rank: null, commitment } })
      const late = new Visitor(workerd, `${ROOM}.test`)
      expect((await late.get('/echo')).status).toBe(503)
      const behind = { number: ENTRIES + 1, position: ENTRIES + 1, event: { phase: 'drawing', entry: null } }
      expect(await statusOf(late)).toMatchObject(behind)
      await workerd.restart()
      const frozen = (await lobby.published()).json<{ event: { beacon: { round: number } } }>()
      expect(frozen).toMatchObject({ event: { phase: 'drawing', commitment }, draws: [] })
      expect(await stats(workerd, ROOM)).toMatchObject({ active: 0, waiting: ENTRIES + 1 })
      chain.rounds = 'published'
      const draw = await lobby.untilDrawn()
      const { round } = frozen.event.beacon
      expect(draw).toMatchObject({ first: 1, end: ENTRIES + 1, commitment, randomness: randomnessOf(round) })
      expect(draw.beacon).toMatchObject({ hash: CHAIN_HASH, round })
      expect(chain.asked).toContain(round)
      const ranks = ranksOf(draw)
      const byRank = lobby.visitors.map((_, i) => lobby.visitors[ranks.indexOf(i + 1)] as Visitor)
      for (const visitor of [...byRank, late]) {
        await untilStatus(200, () => visitor.get('/echo'))
        expect((await visitor.leave()).status).toBe(204)
      }
    })
  })

  // Waits a minute in real time: the object's clock cannot be set here.
  it('is made after a minute without its round if that cannot be read', async ({ expect }) => {
    await withScene(false, async ({ chain, lobby }) => {
      chain.rounds = 'failing'
      await lobby.start()
      const draw = await lobby.untilDrawn()
      expect(draw).toMatchObject({ randomness: null, beacon: { hash: CHAIN_HASH } })
      expect(chain.asked.length).toBeGreaterThan(1)
      expect(draw.drawnAtMs - draw.frozenAtMs).toBeGreaterThanOrEqual(60_000)
      expect(ranksOf(draw).toSorted((a, b) => a - b)).toEqual(lobby.visitors.map((_, i) => i + 1))
    })
  })

  it('gives the same ranks in two isolates', async ({ expect }) => {
    await withScene(true, async ({ workerd, lobby }) => {
      await lobby.start()
      const ranks = ranksOf(await lobby.untilDrawn())
      for (const [i, visitor] of lobby.visitors.entries()) {
        const other = new Visitor(workerd.twin, `${ROOM}.test`)
        for (const [name, value] of visitor.cookies) other.cookies.set(name, value)
        for (const place of [visitor, other]) {
          const status = await untilStatusIs(place, ({ state }) => state !== 'lobby')
          expect([i + 1, status.number]).toEqual([i + 1, ranks[i]])
          const { ticket } = (await lobby.published(place)).json()
          expect(ticket).toEqual({ entry: i + 1, event: lobby.id, rank: ranks[i], entries: ENTRIES })
        }
      }
    })
  })
})
