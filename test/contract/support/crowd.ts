/**
 * A crowd that outlives kills of the runtime, and a record of what each visitor was told: numbers
 * lost, shared or overtaken, double admissions, and slots beyond the capacity. rush.ts drives the
 * crowd until a kill.
 */
import { journal, stats } from './operator.ts'
import { PATIENCE_MS } from './patience.ts'
import { signed } from './tokens.ts'
import { type Headers, Visitor } from './visitor.ts'
import type { Workerd } from './workerd.ts'

/** `leaving`: gave the place up but never received the response. */
type State = 'waiting' | 'onSite' | 'leaving' | 'gone'

export interface Member {
  readonly visitor: Visitor
  readonly number: number
  state: State
  /** A call of this visitor is in flight. Calls run one at a time, because the cookie changes. */
  isBusy: boolean
}

/** Keeps cookies, runs no scripts, and reads JSON, which costs less than pages. */
export const PROGRAM: Headers = { 'User-Agent': 'program/1.0', Accept: 'application/json' }

const AT_ONCE = 96

export class Crowd {
  readonly lost: string[] = []
  readonly duplicates: number[] = []
  readonly orderViolations: string[] = []
  readonly admittedTwice: number[] = []
  readonly overCapacity: string[] = []
  /** Issued numbers whose visitors never received them. */
  undelivered = 0
  private readonly members = new Map<number, Member>()
  private readonly byState: Record<State, Set<Member>> = {
    waiting: new Set(),
    onSite: new Set(),
    leaving: new Set(),
    gone: new Set(),
  }
  private readonly given = new Set<number>()
  private readonly workerd: Workerd
  private readonly room: string
  private readonly capacity: number

  constructor(workerd: Workerd, room: string, capacity: number) {
    this.workerd = workerd
    this.room = room
    this.capacity = capacity
  }

  get clients(): number {
    return this.members.size
  }

  /** The highest number that a visitor received. */
  get highestNumber(): number {
    return Math.max(0, ...this.members.keys())
  }

  count(state: State): number {
    return this.byState[state].size
  }

  newcomer(): Visitor {
    return new Visitor(this.workerd, `${this.room}.test`, PROGRAM)
  }

  /**
   * Gives up places whose visitors never received their number. Such places would block admission
   * until they have been silent for long enough.
   */
  async giveUpUndelivered(): Promise<void> {
    const { nextNumber = 1, run } = await stats(this.workerd, this.room)
    const undelivered: number[] = []
    for (let number = 1; number < nextNumber; number++) {
      if (!this.members.has(number) && !this.given.has(number)) undelivered.push(number)
    }
    this.undelivered += undelivered.length
    await inTurns(undelivered, async (number) => {
      const nobody = this.newcomer()
      nobody.cookies.set(`waiting-room-${this.room}`, signed({ room: this.room, run, number }))
      await nobody.leave()
      this.given.add(number)
    })
  }

  /**
   * Visitors on the site, visitors who got their number since `sinceNumber` and overtaken visitors
   * reload. Every number must be the same, every visitor on the site must still be there, and
   * nobody may have been passed over.
   */
  async reloadSince(sinceNumber: number): Promise<void> {
    await inTurns(this.all('leaving'), (member) => this.leave(member))
    const recent = this.all('waiting').filter(({ number }) => number >= sinceNumber)
    await inTurns([...recent, ...this.all('onSite')], (member) => this.reload(member))
    const last = Math.max(0, ...[...this.all('onSite'), ...this.all('gone')].map(({ number }) => number))
    await inTurns(
      this.all('waiting').filter(({ number }) => number < last),
      (member) => this.reloadUntilIn(member),
    )
    for (const { number } of this.all('waiting')) {
      if (number < last) this.orderViolations.push(`${number} waits, ${last} was admitted`)
    }
    await this.countSlots()
  }

  /**
   * Compares the object's count of slots and the number of visitors on the site with the capacity.
   */
  private async countSlots(): Promise<void> {
    const { active } = await stats(this.workerd, this.room)
    const held = this.count('onSite')
    if (active > this.capacity) this.overCapacity.push(`${active} slots taken`)
    if (held > this.capacity) this.overCapacity.push(`${held} visitors on the site`)
  }

  /** Visitors on the site leave and the next ones enter, until nobody is left. */
  async drain(): Promise<void> {
    const admittedBefore = new Set([...this.all('onSite'), ...this.all('gone')].map(({ number }) => number))
    const admissions = new Set<number>()
    let after = (await journal(this.workerd, this.room)).last
    let previous = 0
    while (this.count('onSite') > 0) {
      await this.countSlots()
      await inTurns(this.all('onSite'), (member) => this.leave(member))
      const page = await journal(this.workerd, this.room, after)
      if (page.lost) throw new Error('The journal is too short for one turn of the crowd')
      after = page.last
      const called = page.entries.filter(({ event }) => event === 'admitted').map(({ number }) => number)
      for (const number of called) {
        if (number <= previous) this.orderViolations.push(`${number} admitted after ${previous}`)
        if (admissions.has(number) || admittedBefore.has(number)) this.admittedTwice.push(number)
        admissions.add(number)
        previous = number
      }
      const members = called.map((number) => this.members.get(number)).filter((member) => member !== undefined)
      await inTurns(members, (member) => this.reloadUntilIn(member))
      this.lost.push(
        ...members.filter(({ state }) => state === 'waiting').map(({ number }) => `${number} called in vain`),
      )
    }
  }

  /** Records that a visitor received a number. */
  note(visitor: Visitor, status: number): void {
    const { number } = visitor
    if (this.members.has(number) || this.given.has(number)) this.duplicates.push(number)
    const member: Member = { visitor, number, state: status === 200 ? 'onSite' : 'waiting', isBusy: false }
    this.members.set(number, member)
    this.byState[member.state].add(member)
  }

  /** Opens a page: keeps the number, and the session if there is one. */
  async reload(member: Member): Promise<void> {
    const { visitor, number, state } = member
    const { status } = await visitor.get('/echo')
    const now = visitor.claims?.number
    const expected = status === 200 || (status === 503 && state === 'waiting')
    if (now !== number || !expected) this.lost.push(`${number}, ${state}: ${status}, now ${now}`)
    if (status === 200) this.move(member, 'onSite')
  }

  /** Sends a heartbeat from a visitor on the site. */
  async beat(member: Member): Promise<void> {
    const { visitor, number } = member
    const { status } = await visitor.post(`/__waiting-room/heartbeat?room=${this.room}`)
    if (status !== 204 || visitor.number !== number) this.lost.push(`${number}, on the site: beacon ${status}`)
  }

  /**
   * Reloads until an admitted visitor gets in: an isolate may answer from its old snapshot for some
   * seconds.
   */
  private async reloadUntilIn(member: Member): Promise<void> {
    const giveUpMs = Date.now() + PATIENCE_MS
    while (member.state === 'waiting' && Date.now() < giveUpMs) await this.reload(member)
  }

  async leave(member: Member): Promise<void> {
    this.move(member, 'leaving')
    const { status } = await member.visitor.leave()
    if (status === 204) this.move(member, 'gone')
  }

  all(state: State): Member[] {
    return [...this.byState[state]]
  }

  /** Members without a call in flight. */
  idle(state: State, count: number): Member[] {
    const found: Member[] = []
    for (const member of this.byState[state]) {
      if (found.length === count) break
      if (!member.isBusy) found.push(member)
    }
    return found
  }

  private move(member: Member, state: State): void {
    this.byState[member.state].delete(member)
    member.state = state
    this.byState[state].add(member)
  }
}

/** Limits how many calls run at once. */
async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values()
  const workers = Array.from({ length: AT_ONCE }, async () => {
    for (const item of rest) await work(item)
  })
  await Promise.all(workers)
}
