/** The waits of the last admissions from the line, for percentiles. A ring in memory. */
import { WAIT_SAMPLES } from './limits.ts'

export class WaitSamples {
  private readonly seconds = new Uint32Array(WAIT_SAMPLES)
  private count = 0

  push(waitSeconds: number): void {
    this.seconds[this.count % WAIT_SAMPLES] = Math.max(0, waitSeconds)
    this.count++
  }

  /** Nearest-rank percentiles in seconds for shares between 0 and 1, null while nobody was admitted from the line. */
  percentiles(shares: readonly number[]): (number | null)[] {
    const size = Math.min(this.count, WAIT_SAMPLES)
    const sorted = this.seconds.slice(0, size).sort()
    return shares.map((share) => sorted[Math.max(0, Math.ceil(share * size) - 1)] ?? null)
  }
}
