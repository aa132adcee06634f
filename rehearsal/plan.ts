/**
 * The plan of each visit: arrival, patience and stay. The same options and seed give the same
 * plans.
 */
import { readFileSync } from 'node:fs'
import { Random } from '../simulation/random.ts'
import { type Options, type Span, UsageError, VISITORS_MAX } from './options.ts'

export interface Plan {
  /** Since the start of the rehearsal, ascending. */
  readonly arrivesMs: number
  /** Time in line after which the visitor leaves; infinite: never. */
  readonly patienceMs: number
  readonly stayMs: number
}

/** @throws UsageError if the file of arrivals cannot be used */
export function plansOf(options: Options): Plan[] {
  const random = new Random(options.seed)
  const within = ({ low, high }: Span) => 1000 * (low + random.next() * (high - low))
  return arrivalsOf(options).map((arrivesMs) => ({
    arrivesMs,
    patienceMs: options.patience === null ? Number.POSITIVE_INFINITY : within(options.patience),
    stayMs: within(options.stay),
  }))
}

function arrivalsOf({ arrivals, visitors, overSeconds }: Options): number[] {
  if (arrivals !== 'burst' && arrivals !== 'ramp') return arrivalsOfFile(arrivals)
  return Array.from({ length: visitors }, (_, i) => (1000 * overSeconds * i) / visitors)
}

/**
 * The first column of each line: seconds since the start, or ISO times. Other lines are headings.
 */
function arrivalsOfFile(file: string): number[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`--arrivals: ${(error as Error).message}`)
  }
  const cells = text.split('\n').map((line) => (line.split(/[,;\t]/)[0] ?? '').trim())
  const times = cells.map((cell) => (/^\d+(\.\d+)?$/.test(cell) ? Number(cell) * 1000 : Date.parse(cell)))
  const known = times.filter((time) => Number.isFinite(time)).sort((a, b) => a - b)
  if (known.length === 0 || known.length > VISITORS_MAX) {
    throw new UsageError(`--arrivals: ${file} has ${known.length} arrivals, 1 to ${VISITORS_MAX} are needed`)
  }
  // ISO times start with the first one.
  const first = known[0] as number
  return known.map((time) => (first > 1e11 ? time - first : time))
}
