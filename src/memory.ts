/** Remembers what a pure function made of the numbers it was asked for lately; `max` of them, then it starts anew. */
export function remembered(max: number, make: (value: number) => string): (value: number) => string {
  const known = new Map<number, string>()
  return (value) => {
    let text = known.get(value)
    if (text === undefined) {
      text = make(value)
      if (known.size >= max) known.clear()
      known.set(value, text)
    }
    return text
  }
}
