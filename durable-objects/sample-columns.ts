/** The columns of the table of samples, and the SQL that its queries share. */
import { FIGURES, type SampledName } from '../src/core/figures.ts'

export type SampleColumn = (typeof FIGURES)[SampledName]['sample']['column']

export function columnOf(name: SampledName): SampleColumn {
  return FIGURES[name].sample.column
}

/**
 * The start of a sample's step: ?1 is its length. Numbers are bound as REAL, but only integer
 * division cuts time into steps.
 */
export const FROM_MS = '(at_ms / CAST(?1 AS INTEGER)) * CAST(?1 AS INTEGER) AS from_ms'

/** Samples from ?2 (included) to ?3 (excluded). */
export const WITHIN = 'at_ms >= ?2 AND at_ms < ?3'
