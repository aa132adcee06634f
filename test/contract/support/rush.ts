/**
 * Drives a crowd until the runtime is killed under it: newcomers join, visitors on the site send
 * heartbeats, some leave, the next are admitted. The kill follows an event (a number of responses,
 * a tick that has begun), at a moment when many calls are in flight and responses have just
 * arrived.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Crowd, Member } from './crowd.ts'
import { ObjectFile } from './object-file.ts'
import { type Moment, Pulse } from './pulse.ts'
import type { Workerd } from './workerd.ts'

/**
 * The activity at the time of the kill: mostly joins, mostly claims, or the object's tick with some
 * of both.
 */
export type Phase = 'joins' | 'claims' | 'tick'

export interface Kill {
  readonly during: Phase
  /** The number of responses of that kind (for a tick: of any kind) to wait for first. */
  readonly answers: number
  /** The additional delay, so that kills hit every part of a batch. */
  readonly laterMs: number
}

export interface KillFigures extends Moment {
  /** The tick had begun (its alarm was set again) and was not stored. */
  readonly cutTick: boolean
}

export const IN_FLIGHT_MIN = 64

const JOINERS: Record<Phase, number> = { joins: 96, claims: 8, tick: 8 }
const BEATERS: Record<Phase, number> = { joins: 8, claims: 96, tick: 96 }
/** How many visitors leave, and how many of the longest-waiting visitors reload, per turn. */
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
      // After an unexpected failure of one task the others must stop too.
      this.strike()
      await this.killed
      watch?.close()
    }
  }

  private get isOver(): boolean {
    return this.killed !== null
  }

  /** Called at each event: checks whether the kill is due. */
  private look(): void {
    if (this.isOver || this.isDue || this.momentNow() === null) return
    const { laterMs } = this.kill
    this.isDue = true
    if (laterMs === 0) this.strikeIfStill()
    else setTimeout(() => this.strikeIfStill(), laterMs)
  }

  /** If the moment has passed, a later event is checked again. */
  private strikeIfStill(): void {
    this.isDue = false
    this.atKill = this.momentNow()
    if (this.atKill !== null) this.strike()
  }

  /** The current activity. Null when the conditions for a kill are not met. */
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
      // Lost in the crash: its visitor never received a number.
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

  /** Regular traffic: some visitors on the site leave, the next ones reload and are admitted. */
  private async comeAndGo(): Promise<void> {
    while (!this.isOver) {
      const leaving = this.crowd.idle('onSite', TURN)
      const next = this.crowd.idle('waiting', TURN)
      // Nobody yet: the joins come first.
      if (leaving.length === 0 && next.length === 0) await this.pulse.next()
      await Promise.all(leaving.map((member) => this.act('other', member, () => this.crowd.leave(member))))
      await Promise.all(next.map((member) => this.act('other', member, () => this.crowd.reload(member))))
    }
  }

  /** A call that the crash cuts off is repeated after the restart. */
  private async act(kind: 'claim' | 'other', member: Member, work: () => Promise<void>): Promise<void> {
    member.isBusy = true
    await this.pulse.call(kind, work)
    member.isBusy = false
  }

  /**
   * A tick has begun when the object has set its alarm again, which is the first durable effect of
   * a tick.
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
