/**
 * Remembers, in this isolate, the ids that count only once. Two generations, like `VerifiedTokens`.
 */
export class Spent {
  private young = new Set<string>()
  private old = new Set<string>()
  private readonly generationMax: number

  constructor(max: number) {
    this.generationMax = Math.ceil(max / 2)
  }

  /** False: it was spent before. */
  spend(id: string): boolean {
    if (this.young.has(id) || this.old.has(id)) return false
    if (this.young.size >= this.generationMax) {
      this.old = this.young
      this.young = new Set()
    }
    this.young.add(id)
    return true
  }
}
