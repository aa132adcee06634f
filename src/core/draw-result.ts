/**
 * The public record of a draw that was made, and the line numbers of its entries.
 *
 * An entry keeps its issued number for good: tokens carry it, and isolates report it. The line
 * orders by line numbers, which differ from the issued ones only for drawn entries. Nobody stores a
 * list: a line number is computed from the seed (draw.ts).
 */
import type { BeaconRound } from './beacon-rounds.ts'
import { Permutation } from './draw.ts'

/** Everything that a visitor needs to recompute a draw. Published unchanged. */
export interface DrawResult {
  readonly event: string
  readonly run: number
  /** The entries: first <= issued number < end. */
  readonly first: number
  readonly end: number
  /** SHA-256 of the secret, published when the lobby opened. Hex, as the following. */
  readonly commitment: string
  readonly secret: string
  /** Null: none was configured, or it could not be reached before the start. */
  readonly beacon: BeaconRound | null
  /** Null: without a beacon, or it could not be read in time. */
  readonly randomness: string | null
  readonly seed: string
  /** When the entries froze and when the draw was made, ms since 1970. */
  readonly frozenAtMs: number
  readonly drawnAtMs: number
  /** Visitors who waited before all entries. */
  readonly ahead: number
}

/** The draw of this run that an issued number took part in; null: none. */
export function drawOf(draws: readonly DrawResult[], run: number, number: number): DrawResult | null {
  return draws.find((draw) => draw.run === run && draw.first <= number && number < draw.end) ?? null
}

/** The line number of an issued number: another one only for entries of a draw. */
export function lineNumber(draws: readonly DrawResult[], run: number, number: number): number {
  const draw = draws.length === 0 ? null : drawOf(draws, run, number)
  return draw === null ? number : draw.first + permutationOf(draw).rankOf(number - draw.first)
}

/** The line numbers of one draw's entries, for callers that need them all. */
export function lineNumbersOf(draw: DrawResult): (issued: number) => number {
  const { first } = draw
  const permutation = permutationOf(draw)
  return (issued) => first + permutation.rankOf(issued - first)
}

/** Permutations by seed, since their tables cost milliseconds. A pure function's results. */
const permutations = new Map<string, Permutation>()
const PERMUTATIONS_MAX = 16

function permutationOf({ seed, first, end }: DrawResult): Permutation {
  const known = permutations.get(seed)
  if (known !== undefined) return known
  const [oldest] = permutations.keys()
  if (permutations.size >= PERMUTATIONS_MAX && oldest !== undefined) permutations.delete(oldest)
  const permutation = new Permutation(seed, end - first)
  permutations.set(seed, permutation)
  return permutation
}
