import { describe, expect, it } from 'vitest'
import { passSeconds, TestRoom, withFakeClock } from './support/room.ts'

withFakeClock()

/** 3 slots, 600 admissions a minute. */
const shop = () => new TestRoom('shop')

describe('an object without visitors', () => {
  it('has no figures, stores nothing and arms no alarm', async () => {
    const room = shop()
    expect(await room.stub.stats()).toBeNull()
    const tables = await room.inside(({ storage }) => storage.sql.exec('SELECT name FROM sqlite_master').toArray())
    expect(tables).toEqual([])
    expect(await room.tick()).toBe(false)
  })
})

describe('joining and claiming', () => {
  it('numbers in order of arrival and admits within the capacity', async () => {
    const room = shop()
    expect(await room.join(5)).toEqual([1, 2, 3, 4, 5])
    expect(await room.stub.stats()).toMatchObject({ active: 3, waiting: 2, nextNumber: 6, frontier: 4 })
  })

  it('gives a repeated key the same number', async () => {
    const room = shop()
    const first = await room.exchange({ joins: ['key'] })
    expect((await room.exchange({ joins: ['key'] })).joins).toEqual(first.joins)
  })

  it('offers a freed slot to the next, who claims it', async () => {
    const room = shop()
    await room.join(5)
    await room.exchange({ leaves: [2] })
    expect(await room.claim(5)).toBe('waiting')
    expect(await room.claim(4)).toBe('active')
    expect(await room.claim(2)).toBe('gone')
  })

  it('deletes a segment whose tickets are all gone', async () => {
    const room = shop()
    await room.join(4100)
    await room.exchange({ leaves: Array.from({ length: 4095 }, (_, i) => i + 1) })
    const stored = () =>
      room.inside(({ storage }) =>
        storage.sql
          .exec('SELECT segment FROM segments')
          .toArray()
          .map(({ segment }) => segment),
      )
    expect(await stored()).toEqual([0, 1])
    await room.tick()
    expect(await stored()).toEqual([1])
  })

  it('sends the current frontier with each answer', async () => {
    const room = shop()
    await room.join(5)
    expect((await room.exchange()).snapshot.frontier).toBe(4)
    expect((await room.exchange({ leaves: [2] })).snapshot.frontier).toBe(5)
  })

  it('writes a constant number of rows, however many join at once', async () => {
    const room = shop()
    await room.join(4)
    const written = () =>
      room.inside(({ storage }) => storage.sql.exec('SELECT total_changes() AS n').one().n as number)
    const before = await written()
    await room.join(1)
    const one = (await written()) - before
    await room.join(1000)
    expect((await written()) - before - one).toBe(one)
  })
})

describe('silence', () => {
  it('expires at 20 s and not before', async () => {
    const room = shop()
    await room.join(4)
    passSeconds(10)
    await room.hear(1, 2, 3)
    passSeconds(9.9)
    await room.tick()
    expect(await room.events('expired')).toEqual([])
    passSeconds(0.1)
    await room.tick()
    expect(await room.events('expired')).toEqual([4])
  })

  it('never expires early by rounding', async () => {
    const room = shop()
    await room.join(4)
    passSeconds(0.9)
    await room.hear(4)
    passSeconds(10)
    await room.hear(1, 2, 3)
    passSeconds(9.2)
    await room.tick()
    expect(await room.events('expired')).toEqual([])
    passSeconds(0.9)
    await room.tick()
    expect(await room.events('expired')).toEqual([4])
  })

  it('lets a returning visitor wait again with the old number within the grace, and not after it', async () => {
    const room = shop()
    await room.join(6)
    for (let passed = 0; passed < 60; passed += 10) {
      passSeconds(10)
      await room.hear(1, 2, 3, 5)
      await room.tick()
    }
    expect(await room.events('expired')).toEqual([4, 6])
    expect(await room.claim(4)).toBe('waiting')
    for (let passed = 0; passed < 330; passed += 10) {
      passSeconds(10)
      await room.hear(1, 2, 3, 4, 5)
      await room.tick()
    }
    expect(await room.claim(4)).toBe('waiting')
    expect(await room.claim(6)).toBe('gone')
  })
})

describe('the alarm', () => {
  it('is armed by the first ticket and by each tick, and not once no ticket is live', async () => {
    const room = shop()
    await room.join(1)
    expect(await room.tick()).toBe(true)
    expect(await room.tick()).toBe(true)
    await room.exchange({ leaves: [1] })
    expect(await room.tick()).toBe(true)
    expect(await room.tick()).toBe(false)
    await room.join(1)
    expect(await room.tick()).toBe(true)
  })

  it('is armed again by any event when it is dead', async () => {
    const room = shop()
    await room.join(4)
    await room.inside(({ storage }) => storage.deleteAlarm())
    passSeconds(10)
    await room.hear(1, 2, 3, 4)
    expect(await room.inside(({ storage }) => storage.getAlarm())).toBeNull()
    passSeconds(21)
    await room.check(0, 1)
    expect(await room.inside(({ storage }) => storage.getAlarm())).toBe(Date.now() + 10_000)
  })
})

describe('losing memory', () => {
  it('loses no number, place or session', async () => {
    const room = shop()
    await room.join(5)
    await room.exchange({ leaves: [1] })
    await room.evict()
    expect(await room.join()).toEqual([6])
    expect(await room.claim(4)).toBe('active')
    expect(await room.claim(5)).toBe('waiting')
    expect(await room.claim(1)).toBe('gone')
    expect(await room.stub.stats()).toMatchObject({
      active: 3,
      waiting: 2,
      totals: { joined: 6, admitted: 4, left: 1 },
    })
  })

  it('restores tickets as last heard at the last call + one interval', async () => {
    const room = shop()
    await room.join(4)
    await room.evict()
    for (const [seconds, expired] of [
      [15, []],
      [14, []],
      [2, [4]],
    ] as const) {
      passSeconds(seconds)
      await room.hear(1, 2, 3)
      await room.tick()
      expect(await room.events('expired')).toEqual(expired)
    }
  })

  it('expires visitors who left even if the room restarts again and again', async () => {
    const room = shop()
    await room.join(2)
    for (let passed = 0; passed < 120; passed += 10) {
      passSeconds(10)
      await room.tick()
      await room.evict()
    }
    expect(await room.stub.stats()).toMatchObject({ active: 0, absent: 2 })
  })

  it('restarts from storage after a failed event', async () => {
    const room = shop()
    await room.join(4)
    // A claim of another shape makes the event throw after the leave was taken in.
    const broken = room.exchange({ leaves: [2], claims: [null] as never })
    await expect(broken).rejects.toThrow()
    expect(await room.claim(2)).toBe('active')
    expect(await room.join()).toEqual([5])
  })
})

describe('checks', () => {
  it('find silent tickets of their segment and admit the next without a tick', async () => {
    const room = shop()
    await room.join(5)
    await room.exchange({ claims: [{ number: 1, beacon: true, touched: false }] })
    passSeconds(10)
    await room.hear(2, 3, 4, 5)
    passSeconds(11)
    await room.check(0, 1)
    expect(await room.events('expired')).toEqual([1])
    expect(await room.claim(4)).toBe('active')
  })

  it('continue only from the first message of a generation: duplicates and late messages do nothing', async () => {
    const room = shop()
    await room.join(5)
    await room.check(0, 3)
    passSeconds(10)
    await room.hear(1, 2, 3, 5)
    passSeconds(11)
    await room.check(0, 3)
    await room.check(0, 2)
    expect(await room.events('expired')).toEqual([])
    await room.check(0, 4)
    expect(await room.events('expired')).toEqual([4])
  })

  it('of another run or a dropped segment change nothing', async () => {
    const room = shop()
    await room.join(5)
    passSeconds(10)
    await room.hear(1, 2, 3)
    passSeconds(11)
    await room.stub.check({ room: 'shop', run: room.run - 1, segment: 0, generation: 1 })
    await room.check(9, 1)
    expect(await room.events('expired')).toEqual([])
  })
})
