/** Receives the violations that a judge finds. */
export interface Findings {
  violation(text: string): void
}
