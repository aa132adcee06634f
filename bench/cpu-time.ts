/** The processor time of a process so far, as Linux counts it. */
import { readdirSync, readFileSync } from 'node:fs'

/** Milliseconds of all its threads; null if the platform does not report them. */
export function cpuTimeMs(pid: number): number | null {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    const nanoseconds = threads.map(
      (thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0],
    )
    return nanoseconds.reduce((sum, each) => sum + Number(each), 0) / 1e6
  } catch {
    return null
  }
}
