/**
 * The work of one gatherer: collects the calls of isolates, sends them to the room's object
 * together, and hands the answers out.
 *
 * Calls to the object start at least `GATHER_CALL_EVERY_MS` apart, or as far as the object demands.
 * Several may be under way, so a distant object delays nobody twice. Requests that do not fit a
 * call wait for the next one. A request is answered only after the object has answered, unless it
 * asks for a snapshot alone and the newest one is young. So losing a gatherer loses nothing that
 * was acknowledged. Isolates are paced as the object paces them.
 *
 * The port provides the clock, timers, an id and the call itself.
 */
import { ageMs } from '../core/age.ts'
import type { ExchangeAnswer, ExchangeRequest, LineAnswer } from '../core/exchange.ts'
import {
  agedRequest,
  asksOnlyForSnapshot,
  type GatheredAnswer,
  type GatheredRequest,
  sizeOf,
} from '../core/gathered.ts'
import { isolateHash } from '../core/gatherers.ts'
import { Pacing } from '../core/pacing.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { errorText } from '../log/scrub.ts'
import { isOverloaded } from './call-errors.ts'
import type { GathererAnswer, GathererRefusal } from './gatherer-object.ts'
import { isOlder } from './known-room.ts'
import {
  GATHER_BACK_OFF_MAX_MS,
  GATHER_BACK_OFF_MIN_MS,
  GATHER_CALL_EVERY_MS,
  GATHER_CALLS_UNDER_WAY_MAX,
  GATHER_COPY_YOUNG_MS,
  GATHER_PATIENCE_MS,
  GATHER_REQUESTS_PER_CALL_MAX,
  GATHER_SIZE_PER_CALL_MAX,
  GATHER_WAITING_MAX,
  GATHER_WAITING_SIZE_MAX,
  NEXT_CALL_MAX_MS,
  SNAPSHOT_OLD_MS,
} from './limits.ts'

export interface GatheringPort {
  /** Calls back once after `ms`; the result cancels it. */
  after(ms: number, callback: () => void): () => void
  /** One call of the room's object. */
  call(request: GatheredRequest): Promise<GatheredAnswer>
  nowMs(): number
  randomId(): string
  /** 0 to 1. */
  random(): number
  /** The object runs a deploy that knows no gatherers. */
  isNotSupported(error: unknown): boolean
}

/** A request of an isolate that waits for an answer. */
interface Waiting {
  readonly request: ExchangeRequest
  readonly receivedMs: number
  readonly size: number
  /** From the start of the isolate's call. */
  readonly nextCallAfterMs: number
  readonly answer: (answer: GathererAnswer) => void
}

/** The newest snapshot. */
interface Copy {
  readonly snapshot: Snapshot
  readonly receivedMs: number
}

export class Gathering {
  private readonly room: string
  private readonly port: GatheringPort
  private readonly id: string
  private readonly pacing = new Pacing()
  private waiting: Waiting[] = []
  private waitingSize = 0
  private copy: Copy | null = null
  /** Isolates that were answered from the copy. */
  private heard = new Set<number>()
  private nextCallMs = Number.NEGATIVE_INFINITY
  /** The object's last demand. */
  private paceMs = 0
  private callsUnderWay = 0
  private failuresInRow = 0
  private cancelTimer: (() => void) | null = null

  constructor(room: string, port: GatheringPort) {
    this.room = room
    this.port = port
    this.id = port.randomId()
  }

  /** Never rejects: a failure is a value. */
  exchange(request: ExchangeRequest): Promise<GathererAnswer> {
    const nowMs = this.port.nowMs()
    const nextCallAfterMs = this.pacing.nextCallAfterMs(request.isolate, nowMs)
    const copy = this.copyFor(request, nowMs)
    if (copy !== null) {
      if (this.heard.size < GATHER_WAITING_MAX) this.heard.add(isolateHash(request.isolate))
      const { snapshot } = copy
      return Promise.resolve({ run: snapshot.run, snapshot, joins: [], claims: [], nextCallAfterMs })
    }
    const size = sizeOf(request)
    if (this.isFull(size)) return Promise.resolve({ refused: 'overloaded', message: 'too many requests wait here' })
    return new Promise((answer) => {
      this.waiting.push({ request, receivedMs: nowMs, size, nextCallAfterMs, answer })
      this.waitingSize += size
      this.schedule(nowMs)
    })
  }

  /** Null: the request has to wait for the object. */
  private copyFor(request: ExchangeRequest, nowMs: number): Copy | null {
    const { copy } = this
    if (copy === null || ageMs(copy.receivedMs, nowMs) >= GATHER_COPY_YOUNG_MS) return null
    const isKnownRun = copy.snapshot.run >= Math.max(request.run, request.needsRun ?? 0)
    return isKnownRun && asksOnlyForSnapshot(request) ? copy : null
  }

  private isFull(size: number): boolean {
    const { waiting, waitingSize } = this
    return waiting.length > 0 && (waiting.length >= GATHER_WAITING_MAX || waitingSize + size > GATHER_WAITING_SIZE_MAX)
  }

  /** One timer leads to the next call. */
  private schedule(nowMs: number): void {
    if (this.cancelTimer !== null || this.waiting.length === 0) return
    if (this.callsUnderWay >= GATHER_CALLS_UNDER_WAY_MAX) return
    // No pause is that long: the clock went back.
    const waitMs = Math.min(this.nextCallMs - nowMs, NEXT_CALL_MAX_MS)
    this.cancelTimer = this.port.after(Math.max(waitMs, 0), () => {
      this.cancelTimer = null
      void this.send()
    })
  }

  private async send(): Promise<void> {
    const startMs = this.port.nowMs()
    const batch = this.takeBatch()
    if (batch.length === 0) return
    const { heard } = this
    this.heard = new Set()
    this.nextCallMs = startMs + Math.max(GATHER_CALL_EVERY_MS, this.paceMs)
    this.callsUnderWay++
    this.schedule(startMs)
    try {
      const answer = await this.callInTime({
        room: this.room,
        gatherer: this.id,
        requests: batch.map(({ request, receivedMs }) => agedRequest(request, startMs - receivedMs)),
        heard: Uint32Array.from(heard),
      })
      this.handOut(batch, answer, startMs)
    } catch (error) {
      for (const hash of heard) this.heard.add(hash)
      if (!this.port.isNotSupported(error)) this.backOff()
      this.refuse(isOverloaded(error) ? this.putBack(batch) : batch, error)
    } finally {
      this.callsUnderWay--
      this.schedule(this.port.nowMs())
    }
  }

  /** Requests wait meanwhile, so an object in trouble gets fewer calls, not more. */
  private backOff(): void {
    const backOffMs = Math.min(GATHER_BACK_OFF_MIN_MS * 2 ** this.failuresInRow, GATHER_BACK_OFF_MAX_MS)
    this.failuresInRow++
    this.nextCallMs = Math.max(this.nextCallMs, this.port.nowMs() + backOffMs * (0.5 + this.port.random() / 2))
    this.cancelTimer?.()
    this.cancelTimer = null
  }

  /**
   * An object with too much to do is asked again after the back-off, in far fewer calls than its
   * isolates would make. Returns the requests that have waited for too long.
   */
  private putBack(batch: readonly Waiting[]): Waiting[] {
    const nowMs = this.port.nowMs()
    const isOver = ({ receivedMs }: Waiting) => ageMs(receivedMs, nowMs) >= GATHER_PATIENCE_MS
    const kept = batch.filter((waiting) => !isOver(waiting))
    this.waiting.unshift(...kept)
    for (const { size } of kept) this.waitingSize += size
    return batch.filter(isOver)
  }

  /** The first requests in the order of arrival that fit one call, at least one. */
  private takeBatch(): Waiting[] {
    let count = 0
    let size = 0
    for (const next of this.waiting) {
      const isFull = count >= GATHER_REQUESTS_PER_CALL_MAX || size + next.size > GATHER_SIZE_PER_CALL_MAX
      if (count > 0 && isFull) break
      count++
      size += next.size
    }
    this.waitingSize -= size
    return this.waiting.splice(0, count)
  }

  /** An answer that does not come in time is an error: nobody waits for it any more. */
  private callInTime(request: GatheredRequest): Promise<GatheredAnswer> {
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error("the room's object did not answer in time"))
      const cancel = this.port.after(GATHER_PATIENCE_MS, late)
      this.port.call(request).then(resolve, reject).finally(cancel)
    })
  }

  private handOut(batch: readonly Waiting[], answer: GatheredAnswer, startMs: number): void {
    const { snapshot, nextCallAfterMs, answers } = answer
    const nowMs = this.port.nowMs()
    this.failuresInRow = 0
    this.paceMs = nextCallAfterMs
    this.nextCallMs = Math.max(this.nextCallMs, startMs + nextCallAfterMs)
    this.keep({ snapshot, receivedMs: nowMs })
    for (const [i, waiting] of batch.entries()) {
      const own: LineAnswer | undefined = answers[i]
      if (own === undefined) waiting.answer({ refused: 'room-failed', message: 'the answer is incomplete' })
      else waiting.answer({ ...own, snapshot, nextCallAfterMs: waiting.nextCallAfterMs } satisfies ExchangeAnswer)
    }
  }

  /** Answers may arrive out of order. */
  private keep(copy: Copy): void {
    const { copy: known } = this
    const isCopyYoung = known !== null && ageMs(known.receivedMs, copy.receivedMs) < SNAPSHOT_OLD_MS
    if (!(isCopyYoung && isOlder(copy.snapshot, known.snapshot))) this.copy = copy
  }

  private refuse(batch: readonly Waiting[], error: unknown): void {
    const isOld = this.port.isNotSupported(error)
    const refused: GathererRefusal = isOld ? 'not-supported' : isOverloaded(error) ? 'overloaded' : 'room-failed'
    for (const waiting of batch) waiting.answer({ refused, message: errorText(error) })
  }
}
