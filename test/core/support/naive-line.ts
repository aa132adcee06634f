/**
 * A naive model of the line: one object per ticket, every rule by a full scan.
 * Times are listening ms. At most 15 s pass per event, so listening and wall time are equal.
 */
import type { LineRules } from '../../../src/core/rules.ts'
import type { StateName } from '../../../src/core/ticket-state.ts'

interface NaiveTicket {
  number: number
  state: StateName
  heardSeconds: number
  beacon: boolean
  departing: boolean
  returns: number
}

export class NaiveLine {
  readonly tickets: NaiveTicket[] = []
  readonly admissions: { number: number; atMs: number }[] = []
  readonly everAbsent = new Set<number>()
  private readonly rules: LineRules
  private nowMs = 0
  private lastCallMs = 0
  private credit: number

  constructor(rules: LineRules) {
    this.rules = rules
    this.credit = this.cap
  }

  private get cap(): number {
    return this.rules.ratePerMinute * this.rules.checkIntervalSeconds * 1000 + 60_000
  }

  begin(nowMs: number, isCall: boolean): void {
    this.credit = Math.min(this.cap, this.credit + this.rules.ratePerMinute * (nowMs - this.nowMs))
    this.nowMs = nowMs
    if (isCall) this.lastCallMs = nowMs
  }

  count(...states: StateName[]): number {
    return this.tickets.filter(({ state }) => states.includes(state)).length
  }

  position(number: number): number {
    return this.tickets.filter((t) => t.state === 'waiting' && t.number < number).length + 1
  }

  join(): { state: string; number?: number } {
    if (this.count('waiting') >= this.rules.maxWaiting) return { state: 'full' }
    const atOnce = this.count('waiting') === 0 && this.mayAdmit()
    const number = this.tickets.length + 1
    const heardSeconds = Math.ceil(this.nowMs / 1000)
    this.tickets.push({ number, state: 'waiting', heardSeconds, beacon: false, departing: false, returns: 0 })
    if (atOnce) this.admitOne(this.find(number), 'active')
    return { state: atOnce ? 'active' : 'waiting', number }
  }

  hear(number: number, ageMs: number): void {
    const ticket = this.find(number)
    if (ticket.state === 'gone') return
    const heard = Math.max(0, Math.ceil((this.nowMs - ageMs) / 1000))
    const { returnsMax } = this.rules
    if (ticket.state === 'absent' && returnsMax > 0 && ticket.returns >= returnsMax) {
      ticket.state = 'gone'
    } else if (ticket.state === 'absent') {
      ticket.returns++
      Object.assign(ticket, { state: 'waiting', heardSeconds: heard, departing: false, beacon: false })
    } else {
      if (heard >= Math.min(ticket.heardSeconds, Math.floor(this.nowMs / 1000))) ticket.departing = false
      ticket.heardSeconds = Math.max(ticket.heardSeconds, heard)
    }
  }

  depart(number: number): void {
    const ticket = this.find(number)
    if (ticket.state === 'gone' || ticket.state === 'absent') return
    this.hear(number, 0)
    ticket.departing = true
  }

  leave(number: number): void {
    this.find(number).state = 'gone'
  }

  claim(number: number, beacon: boolean): StateName {
    const ticket = this.find(number)
    if (ticket.state === 'offered')
      Object.assign(ticket, { state: 'active', beacon: false, departing: false, returns: 0 })
    if (ticket.state === 'active' && beacon) ticket.beacon = true
    return ticket.state
  }

  admit(): void {
    for (const ticket of this.tickets)
      if (ticket.state === 'waiting' && this.mayAdmit()) this.admitOne(ticket, 'offered')
  }

  tick(): void {
    for (const ticket of this.tickets) this.expireIfSilent(ticket)
    this.admit()
  }

  restart(): void {
    for (const ticket of this.tickets) {
      ticket.heardSeconds = Math.ceil(this.lastCallMs / 1000) + this.rules.checkIntervalSeconds
      ticket.departing = false
    }
  }

  private expireIfSilent(ticket: NaiveTicket): void {
    const silent = Math.floor(this.nowMs / 1000) - ticket.heardSeconds
    if (ticket.state === 'gone' || silent < this.limit(ticket)) return
    if (ticket.state === 'absent' || this.rules.reclaimGraceSeconds === 0) {
      ticket.state = 'gone'
    } else {
      this.everAbsent.add(ticket.number)
      Object.assign(ticket, { state: 'absent', heardSeconds: Math.floor(this.nowMs / 1000) })
    }
  }

  private limit({ state, beacon, departing }: NaiveTicket): number {
    const { heartbeatTimeoutSeconds, sessionTimeoutSeconds, reclaimGraceSeconds } = this.rules
    if (state === 'absent') return reclaimGraceSeconds
    const session = beacon ? sessionTimeoutSeconds : Math.max(sessionTimeoutSeconds, 60)
    const limit = state === 'active' ? session : heartbeatTimeoutSeconds
    const passLife = state === 'active' ? Math.floor(Math.min(0.75 * sessionTimeoutSeconds, 60)) : 0
    return departing ? Math.min(limit, Math.max(10, passLife)) : limit
  }

  private mayAdmit(): boolean {
    return this.count('offered', 'active') < this.rules.capacity && this.credit >= 60_000
  }

  private admitOne(ticket: NaiveTicket, state: StateName): void {
    // A departure while waiting still applies to an offered ticket.
    Object.assign(ticket, { state, beacon: false })
    this.credit -= 60_000
    this.admissions.push({ number: ticket.number, atMs: this.nowMs })
  }

  private find(number: number): NaiveTicket {
    return this.tickets[number - 1] as NaiveTicket
  }
}
