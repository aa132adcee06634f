/** Effects that end what they began, and asking again and again as long as someone looks. */
import { useEffect, useLayoutEffect, useRef, useState } from 'hono/jsx/dom'

export interface Polled<T> {
  readonly value: T | null
  /** The last answer was an error. */
  readonly error: Error | null
  /** Loads the value now. */
  readonly refresh: () => void
}

type Cleanup = () => void

/**
 * As `useEffect`, with one cleanup for each effect. hono/jsx/dom runs effects in the next frame: a second render before it
 * runs an effect twice and forgets the first one's cleanup, and a component that is gone by then still has its effect run.
 */
export function useCleanEffect(effect: () => Cleanup | undefined, deps: readonly unknown[]): void {
  const kept = useRef<{ cleanup: Cleanup | undefined; isGone: boolean }>({ cleanup: undefined, isGone: false })
  const state = kept.current as { cleanup: Cleanup | undefined; isGone: boolean }
  const end = () => {
    state.cleanup?.()
    state.cleanup = undefined
  }
  useLayoutEffect(() => {
    state.isGone = false
    return () => {
      state.isGone = true
      end()
    }
  }, [])
  useEffect(() => {
    end()
    if (!state.isGone) state.cleanup = effect()
  }, deps)
}

/** Asks every `everyMs` while the page is visible; anew when `key` changes, whose old answers are dropped. */
export function usePolling<T>(key: string, everyMs: number, ask: () => Promise<T>): Polled<T> {
  const [state, setState] = useState<{ key: string; value: T | null; error: Error | null }>(EMPTY)
  const [round, setRound] = useState(0)
  const latest = useRef(ask)
  latest.current = ask
  useCleanEffect(() => {
    let over = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const turn = async () => {
      clearTimeout(timer)
      if (document.visibilityState === 'visible') {
        try {
          const value = await (latest.current as () => Promise<T>)()
          if (!over) setState({ key, value, error: null })
        } catch (error) {
          if (!over)
            setState((before) => ({ key, value: before.key === key ? before.value : null, error: error as Error }))
        }
      }
      if (!over) timer = setTimeout(turn, everyMs)
    }
    const onVisible = () => document.visibilityState === 'visible' && turn()
    document.addEventListener('visibilitychange', onVisible)
    turn()
    return () => {
      over = true
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', onVisible)
    }
  }, [key, everyMs, round])
  const isOurs = state.key === key
  return {
    value: isOurs ? state.value : null,
    error: isOurs ? state.error : null,
    refresh: () => setRound((before) => before + 1),
  }
}

const EMPTY = { key: '', value: null, error: null }

/** Draws again when the system changes between light and dark. */
export function useColorScheme(): 'light' | 'dark' {
  const query = '(prefers-color-scheme: dark)'
  const [dark, setDark] = useState(matchMedia(query).matches)
  useCleanEffect(() => {
    const list = matchMedia(query)
    const onChange = () => setDark(list.matches)
    list.addEventListener('change', onChange)
    return () => list.removeEventListener('change', onChange)
  }, [])
  return dark ? 'dark' : 'light'
}
