/** Memories of what was worked out lately. Bounded: one that is full starts anew. */

/** Remembers one more value. */
export function keep<K, V>(known: Map<K, V>, max: number, key: K, value: V): void {
  if (known.size >= max) known.clear()
  known.set(key, value)
}

/** Remembers what a pure function made of the numbers it was asked for lately, `max` of them. */
export function remembered(max: number, make: (value: number) => string): (value: number) => string {
  const known = new Map<number, string>()
  return (value) => {
    let text = known.get(value)
    if (text === undefined) {
      text = make(value)
      keep(known, max, value, text)
    }
    return text
  }
}
