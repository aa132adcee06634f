/** Effects with reliable cleanup, and polling while the page is visible. */
import { useEffect, useLayoutEffect, useRef, useState } from 'hono/jsx/dom'

export interface Polled<T> {
  readonly value: T | null
  /** The error of the last poll; null: it succeeded. */
  readonly error: Error | null
  /** Loads the value now. */
  readonly refresh: () => void
}

type Cleanup = () => void

/**
 * `useEffect` with exactly one cleanup per effect. hono/jsx/dom runs effects in the next frame: a
 * second render before it runs the effect twice and loses the first cleanup, and a component that
 * was removed meanwhile still runs its effect. An effect that throws fails the component, so that
 * the boundary around it shows the error.
 */
export function useCleanEffect(effect: () => Cleanup | undefined, deps: readonly unknown[]): void {
  const [failure, setFailure] = useState<unknown>(null)
  if (failure !== null) throw failure
  const kept = useRef<{ cleanup: Cleanup | undefined; isRemoved: boolean }>({ cleanup: undefined, isRemoved: false })
  const state = kept.current as { cleanup: Cleanup | undefined; isRemoved: boolean }
  const end = () => {
    state.cleanup?.()
    state.cleanup = undefined
  }
  useLayoutEffect(() => {
    state.isRemoved = false
    return () => {
      state.isRemoved = true
      end()
    }
  }, [])
  useEffect(() => {
    end()
    if (state.isRemoved) return
    try {
      state.cleanup = effect()
    } catch (error) {
      setFailure(error)
    }
  }, deps)
}

/**
 * Polls every `everyMs` while the page is visible. A changed `key` starts over and discards pending
 * answers.
 */
export function usePolling<T>(key: string, everyMs: number, load: () => Promise<T>): Polled<T> {
  const [state, setState] = useState<{ key: string; value: T | null; error: Error | null }>(EMPTY)
  const [round, setRound] = useState(0)
  const latest = useRef(load)
  latest.current = load
  useCleanEffect(() => {
    let ended = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const poll = async () => {
      clearTimeout(timer)
      if (document.visibilityState === 'visible') {
        try {
          const value = await (latest.current as () => Promise<T>)()
          if (!ended) setState({ key, value, error: null })
        } catch (error) {
          if (!ended)
            setState((before) => ({ key, value: before.key === key ? before.value : null, error: error as Error }))
        }
      }
      if (!ended) timer = setTimeout(poll, everyMs)
    }
    const onVisible = () => document.visibilityState === 'visible' && poll()
    document.addEventListener('visibilitychange', onVisible)
    poll()
    return () => {
      ended = true
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', onVisible)
    }
  }, [key, everyMs, round])
  const isCurrent = state.key === key
  return {
    value: isCurrent ? state.value : null,
    error: isCurrent ? state.error : null,
    refresh: () => setRound((before) => before + 1),
  }
}

const EMPTY = { key: '', value: null, error: null }

/** Renders again when the system switches between light and dark. */
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
