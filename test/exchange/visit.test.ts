import { describe, expect, it } from 'vitest'
import type { JoinCheck } from '../../src/gate/join-check.ts'
import type { KeyEntry } from '../../src/gate/key-entry.ts'
import { visit } from '../../src/gate/visit.ts'
import { parseRooms } from '../../src/settings/rooms.ts'
import { type PresentedToken, VerifiedTokens } from '../../src/tokens/presented.ts'
import { importSigningKeys } from '../../src/tokens/signing-keys.ts'
import { VirtualRoom } from './virtual-room.ts'

const [settings] =
  parseRooms([{ name: 'r', total_active_users: 2, new_users_per_minute: 60, reclaim_grace_seconds: 300 }]).rooms ?? []

const keys = await importSigningKeys(`test:${'A'.repeat(43)}`)

/** A room whose object stops answering after one visitor joined, which left a snapshot. */
async function outOfReach(): Promise<VirtualRoom> {
  const room = new VirtualRoom({ capacity: 1 })
  await room.client.join(room)
  room.holding = true
  return room
}

interface Asked {
  readonly joinCheck?: JoinCheck | null
  readonly keyEntry?: KeyEntry | null
  readonly waitMs?: number
}

async function visitOf(
  room: VirtualRoom,
  tokens: PresentedToken[],
  mayJoin = true,
  { joinCheck = null, keyEntry = null, waitMs = 10_000 }: Asked = {},
) {
  if (settings === undefined) throw new Error('the settings cannot be used')
  const context = {
    room: settings,
    client: room.client,
    keys,
    verified: new VerifiedTokens(),
    keepAlive: room,
    nowMs: room.nowMs,
    joinLimit: async () => null,
    joinDetails: async () => ({ network: 7 }),
    joinCheck: () => joinCheck,
    keyEntry: () => keyEntry,
    binding: null,
  }
  const visiting = visit(context, tokens, { mayJoin })
  await room.pass(waitMs)
  return visiting
}

/** A token issued `ageSeconds` ago. A pass lives for 15 s. */
function token(room: VirtualRoom, kind: 'ticket' | 'pass', number: number, ageSeconds: number): PresentedToken {
  const issuedSeconds = Math.floor(room.nowMs / 1000) - ageSeconds
  const expiresSeconds = issuedSeconds + (kind === 'pass' ? 15 : 86_400)
  const { run } = room.line
  return {
    text: 'signed',
    token: { kind, room: 'r', run, number, issuedSeconds, seenSeconds: issuedSeconds, expiresSeconds },
  }
}

describe('while the object is out of reach', () => {
  it('admits a valid pass without a call', async () => {
    const room = await outOfReach()
    const calls = room.requests.length
    const visiting = visitOf(room, [token(room, 'pass', 1, 5)])
    expect(room.requests).toHaveLength(calls)
    expect((await visiting).state).toBe('admitted')
  })

  it('honours and counts an expired pass while its session could still be resumed', async () => {
    const room = await outOfReach()
    expect(await visitOf(room, [token(room, 'pass', 1, 310)])).toMatchObject({
      state: 'admitted',
      pass: { renewed: false },
    })
    expect((await visitOf(room, [token(room, 'pass', 1, 340)])).state).toBe('unreachable')
    room.holding = false
    for (const call of room.held.splice(0)) call.refuse(new Error('out of reach'))
    const refreshed = room.client.refresh(room.line.run, room)
    await room.pass(5000)
    await refreshed
    expect(room.line.totals.honoured).toBe(1)
  })

  it('keeps the ticket of a waiting visitor and shows the last known figures', async () => {
    const room = new VirtualRoom({ capacity: 1 })
    await room.client.join(room)
    await room.client.join(room)
    room.holding = true
    await room.pass(3000)
    const waiting = await visitOf(room, [token(room, 'ticket', 2, 5)])
    expect(waiting).toMatchObject({
      state: 'unreachable',
      ticket: { text: 'signed' },
      status: { number: 2, position: 1, unreachable: true },
    })
  })

  it('gives a newcomer no ticket, and says that the room is unreachable', async () => {
    const newcomer = await visitOf(await outOfReach(), [])
    expect(newcomer).toMatchObject({ state: 'unreachable', ticket: null, status: { number: null, unreachable: true } })
  })
})

describe('the start of progress', () => {
  it('is the time and position of the join, and survives a renewal of the ticket', async () => {
    const room = new VirtualRoom({ capacity: 1 })
    await room.client.join(room)
    const started = { joinedSeconds: Math.floor(room.nowMs / 1000), startPosition: 1 }
    const joined = await visitOf(room, [])
    if (joined.state !== 'waiting') throw new Error(joined.state)
    expect(joined.ticket.token).toMatchObject({ number: 2, ...started })
    expect(joined.status).toMatchObject({
      startPosition: 1,
      joinedAt: new Date(started.joinedSeconds * 1000).toISOString(),
    })
    const old = { ...joined.ticket, token: { ...joined.ticket.token, seenSeconds: started.joinedSeconds - 61 } }
    const renewed = await visitOf(room, [old])
    expect(renewed).toMatchObject({ state: 'waiting', ticket: { renewed: true, token: started } })
  })
})

describe('a token that is no longer valid', () => {
  it('is ignored when it belongs to an older run', async () => {
    const room = await outOfReach()
    const old = token(room, 'pass', 1, 5)
    const other: PresentedToken = { ...old, token: { ...old.token, run: old.token.run - 1 } }
    expect(await visitOf(room, [other], false)).toEqual({ state: 'no-token' })
  })

  it('is ignored when its session is over: the holder may join again', async () => {
    const room = new VirtualRoom({ capacity: 1 })
    await room.client.join(room)
    await room.client.leave(room.line.run, 1, room)
    expect(await visitOf(room, [token(room, 'pass', 1, 60)], false)).toEqual({ state: 'no-token' })
  })

  it('answers "expired" when its place is gone', async () => {
    const room = new VirtualRoom({ capacity: 1 })
    await room.client.join(room)
    await room.client.leave(room.line.run, 1, room)
    expect(await visitOf(room, [token(room, 'ticket', 1, 61)])).toMatchObject({
      state: 'expired',
      status: { number: 1 },
    })
  })
})

describe('a newcomer while slots are lent', () => {
  const lentRoom = async () => {
    const room = new VirtualRoom({ capacity: 10, leaseBelow: 0.7 })
    for (let i = 0; i < 2; i++) await visitOf(room, [], true, { waitMs: 0 })
    return room
  }

  it('is admitted without a call before the answer, with a pass that the object knows', async () => {
    const room = await lentRoom()
    room.isCutOff = true
    const calls = room.requests.length
    const admitted = await visitOf(room, [], true, { waitMs: 0 })
    expect(admitted).toMatchObject({
      state: 'admitted',
      pass: { token: { kind: 'pass', run: room.line.run, number: 3 } },
    })
    expect(room.requests).toHaveLength(calls)
    room.isCutOff = false
    await room.pass(5_000)
    if (admitted.state !== 'admitted') throw new Error(admitted.state)
    const pass = await visitOf(room, [admitted.pass], false)
    expect(pass).toMatchObject({ state: 'admitted', pass: { token: { number: 3 } } })
    expect(room.line.tickets.active).toBe(3)
    // The newcomer's network travels with the report.
    expect(room.line.totals).toMatchObject({ joined: 3, joinedFromQuietNetworks: 3 })
  })

  it('asks the object when there is a proof of a check, which is good for one place', async () => {
    const room = await lentRoom()
    const joinCheck = {
      work: null,
      infiniteAnswer: async () => null,
      entry: async () => ({ key: 'the proof', details: {}, counts: [] }),
    }
    const admitted = await visitOf(room, [], true, { joinCheck, waitMs: 0 })
    expect(admitted).toMatchObject({ state: 'admitted', pass: { token: { number: 5 } } })
    expect(room.requests.at(-1)?.joins).toEqual(['the proof'])
  })

  it('gets no number when it may not join', async () => {
    const room = await lentRoom()
    expect(await visitOf(room, [], false, { waitMs: 0 })).toEqual({ state: 'no-token' })
    const next = await visitOf(room, [], true, { waitMs: 0 })
    expect(next).toMatchObject({ pass: { token: { number: 3 } } })
  })
})

describe('a visitor who waits and presents an access key', () => {
  it('names the run of the present place, which a reset may have ended', async () => {
    const room = new VirtualRoom({ capacity: 1 })
    await room.client.join(room)
    room.line.places.join('waiting')
    const access = { id: 'k', uses: 1, expSeconds: room.nowMs / 1000 + 60, skips: true }
    const key = { state: 'valid', joinKey: 'key k', details: { access } } as const
    const keyEntry = { required: false, presented: async () => key, mayJoinNow: async () => true }
    expect((await visitOf(room, [token(room, 'ticket', 2, 5)], true, { keyEntry })).state).toBe('passed')
    const from = { run: room.line.run, number: 2, holder: 0 }
    const joins = room.requests.flatMap(({ joinDetails = [] }) => joinDetails)
    expect(joins.at(-1)).toEqual({ network: 7, access: { ...access, from } })
  })
})
