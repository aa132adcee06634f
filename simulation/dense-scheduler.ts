/**
 * Virtual time for simulations with something to do in nearly each millisecond: a list of callbacks
 * per millisecond instead of a heap. Callbacks of one millisecond run in the order in which they
 * were set, and then all settled promises at once.
 */
import { settle, type Timeline } from './scheduler.ts'

interface Event {
  /** Null: cancelled. */
  callback: (() => void) | null
}

export class DenseScheduler implements Timeline {
  nowMs: number
  private readonly events = new Map<number, Event[]>()

  constructor(startMs: number) {
    this.nowMs = startMs
  }

  after(ms: number, callback: () => void): () => void {
    const event: Event = { callback }
    const atMs = this.nowMs + Math.max(0, Math.ceil(ms))
    const others = this.events.get(atMs)
    if (others === undefined) this.events.set(atMs, [event])
    else others.push(event)
    return () => {
      event.callback = null
    }
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.after(ms, resolve))
  }

  async runUntil(untilMs: number): Promise<void> {
    for (; this.nowMs <= untilMs; this.nowMs++) {
      // Callbacks may set others for the same millisecond.
      for (let due = this.take(); due !== undefined; due = this.take()) {
        for (const { callback } of due) callback?.()
        await settle()
      }
    }
    this.nowMs = untilMs
  }

  private take(): Event[] | undefined {
    const due = this.events.get(this.nowMs)
    this.events.delete(this.nowMs)
    return due
  }
}
