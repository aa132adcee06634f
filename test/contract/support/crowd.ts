/**
 * A crowd that joins, is let in and leaves while the runtime is killed under it, and keeps book of what each was told: the
 * numbers lost, shared, overtaken or admitted twice.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { journal, stats } from './operator.ts'
import { signed } from './tokens.ts'
import { type Headers, Visitor } from './visitor.ts'
import type { Workerd } from './workerd.ts'

/** `leaving`: gave the place up, but never heard the answer. */
type State = 'waiting' | 'onSite' | 'leaving' | 'gone'

interface Member {
  readonly visitor: Visitor
  readonly number: number
  state: State
}

/** Keeps cookies, runs no scripts, and reads JSON, which costs less than pages. */
const PROGRAM: Headers = { 'User-Agent': 'program/1.0', Accept: 'application/json' }

const AT_ONCE = 96
/** How many of those who wait longest ask at once. */
const NEXT_ONES = 16
const CALLED_PATIENCE_MS = 5_000

export class Crowd {
  readonly lost: string[] = []
  readonly duplicates: number[] = []
  readonly orderViolations: string[] = []
  readonly admittedTwice: number[] = []
  /** Numbers handed out whose visitors never heard of them. */
  untold = 0
  private readonly members = new Map<number, Member>()
  private readonly given = new Set<number>()
  private readonly workerd: Workerd
  private readonly room: string

  constructor(workerd: Workerd, room: string) {
    this.workerd = workerd
    this.room = room
  }

  get clients(): number {
    return this.members.size
  }

  count(state: State): number {
    return this.all(state).length
  }

  /**
   * Newcomers join, always `joiners` at once, and people come and go, until `told` more know their number and `laterMs` have
   * passed; then -9. Tells how many joins were in flight at that moment.
   */
  async joinUntilKilled(joiners: number, told: number, laterMs: number): Promise<number> {
    const target = this.clients + told
    let inFlight = 0
    let inFlightAtKill = 0
    let killed = false
    let kill = Promise.resolve()
    const joinOn = async () => {
      while (!killed) {
        const newcomer = new Visitor(this.workerd, `${this.room}.test`, PROGRAM)
        inFlight++
        const reply = await newcomer.get('/echo').catch(() => null)
        inFlight--
        // Lost in the crash: its visitor never knew a number.
        if (reply === null) continue
        this.note(newcomer, reply.status)
        if (this.clients === target) kill = killLater()
      }
    }
    const killLater = async () => {
      if (laterMs > 0) await pause(laterMs)
      killed = true
      inFlightAtKill = inFlight
      await this.workerd.kill('SIGKILL')
    }
    try {
      await Promise.all([...Array.from({ length: joiners }, joinOn), this.comeAndGo(() => killed)])
    } finally {
      // One of them met something unforeseen: the others must not go on for ever.
      killed = true
      await kill
    }
    return inFlightAtKill
  }

  /** The places of those who never heard of theirs would block the way until they are silent for long enough. */
  async giveBackUntold(): Promise<void> {
    const { nextNumber = 1, run } = await stats(this.workerd, this.room)
    const untold: number[] = []
    for (let number = 1; number < nextNumber; number++) {
      if (!this.members.has(number) && !this.given.has(number)) untold.push(number)
    }
    this.untold += untold.length
    await inTurns(untold, async (number) => {
      const nobody = new Visitor(this.workerd, `${this.room}.test`, PROGRAM)
      nobody.cookies.set(`waiting-room-${this.room}`, signed({ room: this.room, run, number }))
      await nobody.leave()
      this.given.add(number)
    })
  }

  /** Everyone asks again: the number is the same, who was on the site still is, and nobody was overtaken. */
  async everyoneReloads(): Promise<void> {
    await inTurns(this.all('leaving'), (member) => this.leave(member))
    await inTurns([...this.all('waiting'), ...this.all('onSite')], (member) => this.reload(member))
    const last = Math.max(0, ...[...this.all('onSite'), ...this.all('gone')].map(({ number }) => number))
    for (const member of this.all('waiting')) {
      if (member.number >= last) continue
      await this.reloadUntilIn(member)
      if (member.state === 'waiting') this.orderViolations.push(`${member.number} waits, ${last} was admitted`)
    }
  }

  /** Those on the site leave and the next come, until nobody is left. */
  async drain(): Promise<void> {
    const admittedBefore = new Set([...this.all('onSite'), ...this.all('gone')].map(({ number }) => number))
    const admissions = new Set<number>()
    let after = (await journal(this.workerd, this.room)).last
    let previous = 0
    while (this.count('onSite') > 0) {
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

  /** As on any day: those on the site leave, the next ones ask and are let in. */
  private async comeAndGo(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      // What the crash cuts off is asked again after it.
      await Promise.all(this.all('onSite').map((member) => this.leave(member).catch(() => {})))
      const next = this.all('waiting').sort((a, b) => a.number - b.number)
      await Promise.all(next.slice(0, NEXT_ONES).map((member) => this.reload(member).catch(() => {})))
      // Nobody yet: the joins go first.
      if (next.length === 0) await pause(1)
    }
  }

  private note(visitor: Visitor, status: number): void {
    const { number } = visitor
    if (this.members.has(number) || this.given.has(number)) this.duplicates.push(number)
    this.members.set(number, { visitor, number, state: status === 200 ? 'onSite' : 'waiting' })
  }

  private async reload(member: Member): Promise<void> {
    const { visitor, number, state } = member
    const { status } = await visitor.get('/echo')
    const now = visitor.claims?.number
    const expected = status === 200 || (status === 503 && state === 'waiting')
    if (now !== number || !expected) this.lost.push(`${number}, ${state}: ${status}, now ${now}`)
    if (status === 200) member.state = 'onSite'
  }

  /** Someone who was called: an isolate may answer from what it knew for some seconds more. */
  private async reloadUntilIn(member: Member): Promise<void> {
    const giveUpMs = Date.now() + CALLED_PATIENCE_MS
    while (member.state === 'waiting' && Date.now() < giveUpMs) await this.reload(member)
  }

  private async leave(member: Member): Promise<void> {
    member.state = 'leaving'
    const { status } = await member.visitor.leave()
    if (status === 204) member.state = 'gone'
  }

  private all(state: State): Member[] {
    return [...this.members.values()].filter((member) => member.state === state)
  }
}

/** Many at once, but not all. */
async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values()
  const workers = Array.from({ length: AT_ONCE }, async () => {
    for (const item of rest) await work(item)
  })
  await Promise.all(workers)
}
