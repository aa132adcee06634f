/**
 * What a crowd does until the runtime is killed under it: newcomers join, people on the site beat,
 * some leave, the next are let in. The kill comes upon an event (so many answers, a tick that has
 * begun), at a moment when many calls are under way and answers have just come.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Crowd, Member } from './crowd.ts'
import { ObjectFile } from './object-file.ts'
import { type Moment, Pulse } from './pulse.ts'
import type { Workerd } from './workerd.ts'

/**
 * What is going on when the kill comes: mostly joins, mostly claims, or the object's tick with some
 * of both.
 */
export type Phase = 'joins' | 'claims' | 'tick'

export interface Kill {
  readonly during: Phase
  /** Answers of that kind (for a tick: any) to wait for first. */
  readonly answers: number
  /** And then so much longer, to fall on all parts of a batch. */
  readonly laterMs: number
}

export interface KillFigures extends Moment {
  /** The tick had begun (its alarm was armed again) and was not stored. */
  readonly cutTick: boolean
}

export const IN_FLIGHT_MIN = 64

const JOINERS: Record<Phase, number> = { joins: 96, claims: 8, tick: 8 }
const BEATERS: Record<Phase, number> = { joins: 8, claims: 96, tick: 96 }
/** How many leave, and how many of those who wait longest ask, at a time. */
const TURN = 8

export class Rush {
  private readonly workerd: Workerd
  private readonly crowd: Crowd
  private readonly tickMs: number
  private readonly kill: Kill
  private readonly pulse = new Pulse(() => this.look())
  private tickHasBegun = false
  private isDue = false
  private killed: Promise<void> | null = null
  private atKill: Moment | null = null

  constructor(workerd: Workerd, crowd: Crowd, tickMs: number, kill: Kill) {
    this.tickMs = tickMs
    this.workerd = workerd
    this.crowd = crowd
    this.kill = kill
  }

  async untilKilled(): Promise<KillFigures> {
    const { during } = this.kill
    const watch = during === 'tick' ? new ObjectFile(this.workerd) : null
    try {
      await Promise.all([
        ...Array.from({ length: JOINERS[during] }, () => this.join()),
        ...Array.from({ length: BEATERS[during] }, () => this.beat()),
        this.comeAndGo(),
        ...(watch === null ? [] : [this.watchTick(watch)]),
      ])
      await this.killed
      const clockwork = watch?.clockwork() ?? null
      const cutTick = clockwork !== null && clockwork.lastTickMs < clockwork.alarmAtMs - this.tickMs
      return { ...(this.atKill as Moment), cutTick }
    } finally {
      // One of them met something unforeseen: the others must not go on for ever.
      this.strike()
      await this.killed
      watch?.close()
    }
  }

  private get isOver(): boolean {
    return this.killed !== null
  }

  /** Upon each event: is this the moment? */
  private look(): void {
    if (this.isOver || this.isDue || this.momentNow() === null) return
    const { laterMs } = this.kill
    this.isDue = true
    if (laterMs === 0) this.strikeIfStill()
    else setTimeout(() => this.strikeIfStill(), laterMs)
  }

  /** Else it is looked for again. */
  private strikeIfStill(): void {
    this.isDue = false
    this.atKill = this.momentNow()
    if (this.atKill !== null) this.strike()
  }

  /** What is going on, null where this is no moment for a kill. */
  private momentNow(): Moment | null {
    const { during, answers } = this.kill
    const kind = during === 'joins' ? 'join' : during === 'claims' ? 'claim' : undefined
    const sum = kind === undefined ? this.pulse.answers.join + this.pulse.answers.claim : this.pulse.answers[kind]
    if (sum < answers || (during === 'tick' && !this.tickHasBegun)) return null
    const moment = this.pulse.moment(kind)
    return moment.inFlight < IN_FLIGHT_MIN || moment.recentAnswers === 0 ? null : moment
  }

  private strike(): void {
    this.killed ??= this.workerd.kill('SIGKILL').then(() => this.pulse.wake())
  }

  private async join(): Promise<void> {
    while (!this.isOver) {
      const newcomer = this.crowd.newcomer()
      const reply = await this.pulse.call('join', async () => {
        const answer = await newcomer.get('/echo')
        this.crowd.note(newcomer, answer.status)
        return answer
      })
      // Lost in the crash: its visitor never knew a number.
      if (reply === null && !this.isOver) throw new Error('A join was cut off before the kill')
    }
  }

  private async beat(): Promise<void> {
    while (!this.isOver) {
      const [member] = this.crowd.idle('onSite', 1)
      if (member === undefined) await this.pulse.next()
      else await this.act('claim', member, () => this.crowd.beat(member))
    }
  }

  /** As on any day: some on the site leave, the next ones ask and are let in. */
  private async comeAndGo(): Promise<void> {
    while (!this.isOver) {
      const leaving = this.crowd.idle('onSite', TURN)
      const next = this.crowd.idle('waiting', TURN)
      // Nobody yet: the joins go first.
      if (leaving.length === 0 && next.length === 0) await this.pulse.next()
      await Promise.all(leaving.map((member) => this.act('other', member, () => this.crowd.leave(member))))
      await Promise.all(next.map((member) => this.act('other', member, () => this.crowd.reload(member))))
    }
  }

  /** What the crash cuts off is asked again after it. */
  private async act(kind: 'claim' | 'other', member: Member, work: () => Promise<void>): Promise<void> {
    member.isBusy = true
    await this.pulse.call(kind, work)
    member.isBusy = false
  }

  /**
   * A tick has begun when the object has armed its alarm again: the first thing that a tick makes
   * durable.
   */
  private async watchTick(file: ObjectFile): Promise<void> {
    const before = file.clockwork()?.alarmAtMs
    while (!this.isOver) {
      await nextTurn()
      if (file.clockwork()?.alarmAtMs === before) continue
      this.tickHasBegun = true
      this.look()
    }
  }
}
