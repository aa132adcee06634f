/**
 * An isolate's list of rooms: what it has while the directory is out of reach, and what it shares
 * with the other isolates of its location by the cache of this runtime.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { DirectoryList } from '../../src/directory/directory-object.ts'
import { DIRECTORY_LIST_CACHE_SECONDS, DIRECTORY_REFRESH_MS } from '../../src/directory/limits.ts'
import { RoomsList, type SharedLists } from '../../src/directory/rooms-list.ts'
import { sharedLists } from '../../src/directory/shared-lists.ts'
import { passSeconds } from './support/room.ts'

const names = ({ documents }: DirectoryList) => documents.map(({ name }) => name)
const listOf = (version: number, ...rooms: string[]): DirectoryList => ({
  version,
  documents: rooms.map((name) => ({ name, text: '{}', version, draining: false, atMs: 0, by: 'ann' })),
})

/** Where there is no cache. */
const noCache: SharedLists = { version: async () => null, list: async () => null, keep: async () => {} }

/** The directory's object as isolates call it. */
class Directory {
  list = listOf(1, 'sale')
  reads = 0
  /** `hangs`: does not answer. */
  state: 'reached' | 'lost' | 'hangs' = 'reached'

  readonly read = async (known: number | null): Promise<DirectoryList | { version: number }> => {
    this.reads++
    if (this.state === 'lost') throw new Error('Network connection lost')
    if (this.state === 'hangs') await new Promise(() => {})
    return known === this.list.version ? { version: known } : this.list
  }
}

/** One isolate, whose requests end at once. */
class Isolate {
  readonly rooms: RoomsList
  private work: Promise<unknown>[] = []

  constructor(directory: Directory, shared: SharedLists) {
    this.rooms = new RoomsList(directory.read, shared)
  }

  /** The rooms that a request sees, and after it the end of what it started. */
  async request(): Promise<string[] | null> {
    await this.rooms.follow({ waitUntil: (work) => void this.work.push(work) })
    const list = this.rooms.newest
    return list && names(list)
  }

  async settle(): Promise<void> {
    await Promise.all(this.work.splice(0))
  }

  /** The rooms after a refresh. */
  async refreshed(): Promise<string[] | null> {
    passSeconds(DIRECTORY_REFRESH_MS / 1000)
    await this.request()
    await this.settle()
    return this.request()
  }
}

let directory: Directory
/** Of the directory's object: each test has its own part of the cache. */
let id: string
let warnings: string[]

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  directory = new Directory()
  id = crypto.randomUUID()
  warnings = []
  vi.spyOn(console, 'warn').mockImplementation((line: unknown) => void warnings.push(String(line)))
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

describe('an isolate without a list', () => {
  it('has none while the directory is out of reach, and has it when that comes back', async () => {
    directory.state = 'lost'
    const isolate = new Isolate(directory, noCache)
    expect(await isolate.request()).toBeNull()
    expect(warnings).toEqual([expect.stringContaining('"event":"directory_unreachable"')])
    expect(await isolate.refreshed()).toBeNull()
    directory.state = 'reached'
    expect(await isolate.refreshed()).toEqual(['sale'])
  })

  it('does not let its requests wait for a directory that does not answer', async () => {
    directory.state = 'hangs'
    const isolate = new Isolate(directory, noCache)
    expect(await Promise.all([isolate.request(), isolate.request()])).toEqual([null, null])
    expect(directory.reads).toBe(1)
    directory.state = 'reached'
    expect(await isolate.refreshed()).toEqual(['sale'])
  })

  it('does not let its requests wait for a cache that does not answer', async () => {
    const hangs = () => new Promise<never>(() => {})
    const isolate = new Isolate(directory, { version: hangs, list: hangs, keep: hangs })
    expect(await isolate.request()).toBeNull()
    await isolate.settle()
  })

  it('keeps an answer that comes while it looks into the cache', async () => {
    let answer = (_: DirectoryList) => {}
    const late = new Promise<DirectoryList>((resolve) => {
      answer = resolve
    })
    let isFirst = true
    const rooms = new RoomsList(() => late, {
      ...noCache,
      list: async () => {
        // The wait for the directory is over, and its answer comes now.
        if (isFirst) answer(listOf(2, 'sale', 'new'))
        isFirst = false
        await late
        await new Promise((resolve) => setTimeout(resolve, 5))
        return listOf(1, 'sale')
      },
    })
    await rooms.follow({ waitUntil: () => {} })
    expect(rooms.newest?.version).toBe(2)
  })
})

describe('an isolate with a list', () => {
  it('keeps it while the directory is out of reach, and reads the newer one when that comes back', async () => {
    const isolate = new Isolate(directory, noCache)
    expect(await isolate.request()).toEqual(['sale'])
    directory.state = 'lost'
    directory.list = listOf(2, 'sale', 'new')
    for (let i = 0; i < 3; i++) expect(await isolate.refreshed()).toEqual(['sale'])
    expect(warnings).toHaveLength(3)
    directory.state = 'reached'
    expect(await isolate.refreshed()).toEqual(['sale', 'new'])
    expect(warnings).toHaveLength(3)
  })

  it('answers at once while it is read anew', async () => {
    const isolate = new Isolate(directory, noCache)
    await isolate.request()
    directory.state = 'hangs'
    passSeconds(DIRECTORY_REFRESH_MS / 1000)
    expect(await isolate.request()).toEqual(['sale'])
    expect(directory.reads).toBe(2)
  })
})

describe('the isolates of a location', () => {
  /** As if the copies had run out. The cache does not go by the fake clock. */
  const runOut = async (...names: string[]) => {
    for (const name of names) await caches.default.delete(`https://waiting-room.invalid/directory/${id}/${name}`)
  }

  it('share one call to the directory', async () => {
    // The cache has its own clock, by which the answer may be too old on a slow machine.
    await expect
      .poll(async () => {
        const [first, second] = [new Isolate(directory, sharedLists(id)), new Isolate(directory, sharedLists(id))]
        await first.request()
        await first.settle()
        const { reads } = directory
        expect(await second.request()).toEqual(['sale'])
        return directory.reads - reads
      })
      .toBe(0)
  })

  it('share the newest list, which a new isolate uses while the directory is out of reach', async () => {
    const first = new Isolate(directory, sharedLists(id))
    await first.request()
    await first.settle()
    directory.list = listOf(2, 'sale', 'new')
    // A room's object told it of the change, so that it does not go by the version in the cache.
    first.rooms.tell(2)
    expect(await first.refreshed()).toEqual(['sale', 'new'])
    directory.state = 'lost'
    expect(await new Isolate(directory, sharedLists(id)).request()).toEqual(['sale', 'new'])
    directory.state = 'hangs'
    expect(await new Isolate(directory, sharedLists(id)).request()).toEqual(['sale', 'new'])
    expect(await new Isolate(directory, sharedLists('other')).request()).toBeNull()
  })

  it('share the list that one of them has read to answer an operator', async () => {
    const first = new Isolate(directory, sharedLists(id))
    await first.request()
    await first.settle()
    directory.list = listOf(2, 'sale', 'new')
    await first.rooms.latest()
    await runOut('version')
    expect(await first.refreshed()).toEqual(['sale', 'new'])
    directory.state = 'lost'
    expect(await new Isolate(directory, sharedLists(id)).request()).toEqual(['sale', 'new'])
  })

  it('keep a list that does not change for longer than its life in the cache', async () => {
    const first = new Isolate(directory, sharedLists(id))
    await first.request()
    await first.settle()
    passSeconds(DIRECTORY_LIST_CACHE_SECONDS / 2)
    await runOut('version', 'list')
    await first.refreshed()
    directory.state = 'lost'
    expect(await new Isolate(directory, sharedLists(id)).request()).toEqual(['sale'])
  })
})
