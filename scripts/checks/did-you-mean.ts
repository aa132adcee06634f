/** Suggests the intended name for a misspelled one. */

/** Names that differ in more letters are unrelated. */
const CHANGES_MAX = 3

/** ` (did you mean NAME?)`, or an empty string if no name is close. */
export function didYouMean(written: string, names: readonly string[]): string {
  const ranked = names
    .map((name) => ({ name, changes: editDistance(written.toUpperCase(), name.toUpperCase()) }))
    .filter(({ name, changes }) => changes <= Math.min(CHANGES_MAX, name.length / 2))
    .sort((a, b) => a.changes - b.changes)
  return ranked[0] === undefined ? '' : ` (did you mean ${ranked[0].name}?)`
}

/** Levenshtein distance, with one row of the table in memory. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, replaced))
    }
    row = next
  }
  return row[b.length] as number
}
