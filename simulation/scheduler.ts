/** Virtual time, as the parts of a simulation see it. */
export interface Timeline {
  readonly nowMs: number
  /** In whole milliseconds, rounded up, as timers are. The result cancels it. */
  after(ms: number, callback: () => void): () => void
  sleep(ms: number): Promise<void>
}

/**
 * Virtual time: runs callbacks in order of their time, and after each one all settled promises.
 */
export class Scheduler implements Timeline {
  nowMs: number
  /** A binary heap by time, then by insertion, so that a seed always runs the same way. */
  private readonly heap: Event[] = []
  private arrivals = 0

  constructor(startMs: number) {
    this.nowMs = startMs
  }

  after(ms: number, callback: () => void): () => void {
    const event: Event = {
      atMs: this.nowMs + Math.max(0, Math.ceil(ms)),
      order: this.arrivals++,
      callback,
      cancelled: false,
    }
    this.push(event)
    return () => {
      event.cancelled = true
    }
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.after(ms, resolve))
  }

  /** Runs until that time, or until `done` returns true. */
  async runUntil(untilMs: number, done: () => boolean = () => false): Promise<void> {
    while (!done()) {
      const next = this.heap[0]
      if (next === undefined || next.atMs > untilMs) break
      this.pop()
      if (next.cancelled) continue
      this.nowMs = Math.max(this.nowMs, next.atMs)
      next.callback()
      await settle()
    }
    if (!done()) this.nowMs = untilMs
  }

  private push(event: Event): void {
    this.heap.push(event)
    let i = this.heap.length - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!isBefore(this.heap[i] as Event, this.heap[parent] as Event)) break
      this.swap(i, parent)
      i = parent
    }
  }

  private pop(): void {
    const last = this.heap.pop() as Event
    if (this.heap.length === 0) return
    this.heap[0] = last
    let i = 0
    for (;;) {
      const left = 2 * i + 1
      const right = left + 1
      let least = i
      if (left < this.heap.length && isBefore(this.heap[left] as Event, this.heap[least] as Event)) least = left
      if (right < this.heap.length && isBefore(this.heap[right] as Event, this.heap[least] as Event)) least = right
      if (least === i) return
      this.swap(i, least)
      i = least
    }
  }

  private swap(i: number, j: number): void {
    const held = this.heap[i] as Event
    this.heap[i] = this.heap[j] as Event
    this.heap[j] = held
  }
}

interface Event {
  readonly atMs: number
  readonly order: number
  readonly callback: () => void
  cancelled: boolean
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}

/** Runs the callbacks of settled promises, however long their chain. */
export function settle(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}
