/**
 * How often isolates may call one object.
 *
 * Each isolate waits `isolates / 500` seconds between the starts of two calls, so all of them together make about 500 a
 * second, up to 2,500 isolates (then 5 s, the longest anyone is told). While the object answers fewer than a tenth of that
 * nobody waits at all: a quiet room stays quick.
 */
import { CALL_PACE_MAX_MS, CALLS_PER_SECOND_TARGET, ISOLATES_MAX } from './limits.ts'

/** An isolate not heard for two of the longest waits is not counted any more. */
const ISOLATE_FORGOTTEN_MS = 2 * CALL_PACE_MAX_MS

export class Pacing {
  /** When each isolate last called, in order of that. */
  private readonly lastCallMs = new Map<string, number>()
  private secondStartMs = 0
  private callsThisSecond = 0
  private callsLastSecond = 0

  /** Counts a call and says how long its isolate waits until the next, ms. */
  nextCallAfterMs(isolate: string, nowMs: number): number {
    this.countCall(nowMs)
    this.noteIsolate(isolate, nowMs)
    const calls = Math.max(this.callsThisSecond, this.callsLastSecond)
    if (calls < CALLS_PER_SECOND_TARGET / 10) return 0
    return Math.min(Math.ceil((this.lastCallMs.size * 1000) / CALLS_PER_SECOND_TARGET), CALL_PACE_MAX_MS)
  }

  private countCall(nowMs: number): void {
    const passed = nowMs - this.secondStartMs
    if (passed < 0 || passed >= 1000) {
      this.callsLastSecond = passed >= 0 && passed < 2000 ? this.callsThisSecond : 0
      this.callsThisSecond = 0
      this.secondStartMs = nowMs
    }
    this.callsThisSecond++
  }

  private noteIsolate(isolate: string, nowMs: number): void {
    this.lastCallMs.delete(isolate)
    this.lastCallMs.set(isolate, nowMs)
    for (const [oldest, atMs] of this.lastCallMs) {
      if (this.lastCallMs.size <= ISOLATES_MAX && nowMs - atMs < ISOLATE_FORGOTTEN_MS) break
      this.lastCallMs.delete(oldest)
    }
  }
}
