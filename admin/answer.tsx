/** A question of an operator, and the place where its answer appears. */
import { useState } from 'hono/jsx/dom'

/** Null: not asked yet; a text: why there is no answer. */
type Found<T> = T | string | null

/** `ask` handles the event of the button or the form. */
export function useAnswer<T extends object>(load: () => Promise<T>) {
  const [found, setFound] = useState<Found<T>>(null)
  const ask = async (event: Event) => {
    event.preventDefault()
    try {
      setFound(await load())
    } catch (error) {
      setFound((error as Error).message)
    }
  }
  return { found, ask }
}

export function Answer<T extends object>({ found, show }: { found: Found<T>; show: (answer: T) => unknown }) {
  return (
    <div aria-live="polite">
      {typeof found === 'string' && <p class="error">{found}</p>}
      {found !== null && typeof found !== 'string' && (show(found) as never)}
    </div>
  )
}
