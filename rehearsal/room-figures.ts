/**
 * The room's own figures of a rehearsal, from the operators' API, and whether they agree with it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Analysis } from './analysis.ts'
import type { Target } from './target.ts'

const TIMEOUT_MS = 15_000
/** Figures are sampled each tick, which is up to a minute apart. */
const AGREES_WITHIN_MS = 75_000
const LOOK_EVERY_MS = 1_000

export interface RoomReport {
  readonly totals: Readonly<Record<string, number>>
  readonly noShows: number
  readonly peakWaiting: number
  readonly waits: { readonly count: number; readonly p50Seconds: number | null; readonly p90Seconds: number | null }
  readonly abandonment: { readonly count: number }
  readonly timeOnSite: { readonly count: number; readonly p50Seconds: number | null }
}

export interface RoomLimits {
  readonly capacity: number
  readonly ratePerMinute: number
}

export interface Comparison {
  readonly figure: string
  readonly clients: number
  readonly room: number
}

export class RoomApi {
  private readonly base: string
  private readonly token: string

  constructor({ origin, prefix, room }: Target, token: string) {
    this.base = `${origin}${prefix}/api/v1/rooms/${room}`
    this.token = token
  }

  async limits(): Promise<RoomLimits> {
    const { capacity, newUsersPerMinute } = await this.read<{ capacity: number; newUsersPerMinute: number }>('/stats')
    return { capacity, ratePerMinute: newUsersPerMinute }
  }

  /** The report since a time, once it has everything that the clients saw, or the last one. */
  async reportOf(fromMs: number, analysis: Analysis): Promise<RoomReport> {
    const endMs = Date.now() + AGREES_WITHIN_MS
    for (;;) {
      const report = await this.read<RoomReport>(`/report?from=${fromMs}`)
      const isComplete = comparisons(report, analysis).every(({ clients, room }) => clients === room)
      if (isComplete || Date.now() > endMs) return report
      await sleep(LOOK_EVERY_MS)
    }
  }

  private async read<T>(path: string): Promise<T> {
    const response = await fetch(`${this.base}${path}`, {
      headers: { Authorization: `Bearer ${this.token}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (!response.ok) throw new Error(`${this.base}${path} answered ${response.status}: is ADMIN_TOKEN the operator's?`)
    return (await response.json()) as T
  }
}

/**
 * The figures that must be the same. A visitor who leaves the line at the moment of the admission
 * counts as having given up for the client, and as a no-show for the room.
 */
export function comparisons(report: RoomReport, { joined, outcomes }: Analysis): Comparison[] {
  const served = outcomes.served ?? 0
  return [
    { figure: 'joined', clients: joined, room: report.totals.joined ?? 0 },
    { figure: 'on the site', clients: served, room: (report.totals.admitted ?? 0) - report.noShows },
    { figure: 'left the line', clients: outcomes['gave-up'] ?? 0, room: report.abandonment.count + report.noShows },
    { figure: 'sessions that ended', clients: served, room: report.timeOnSite.count },
  ]
}
