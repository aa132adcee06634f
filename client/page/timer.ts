/**
 * A timer that runs in hidden tabs: there, a page's own timers fire once a minute at best, those of
 * a worker do not slow down. Both are set and the first one counts, so a browser that forbids the
 * worker only waits longer.
 */
export function workerTimer() {
  let turn = 0
  let pending: (() => void) | undefined
  let own: ReturnType<typeof setTimeout> | undefined
  let worker: Worker | undefined
  try {
    const source = 'let t;onmessage=e=>{clearTimeout(t);t=setTimeout(postMessage,e.data[0],e.data[1])}'
    const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }))
    worker = new Worker(url)
    URL.revokeObjectURL(url)
    worker.onmessage = (event) => fire(event.data)
    worker.onerror = (event) => event.preventDefault()
  } catch {
    // The page's own timer is enough while the tab is visible.
  }

  function fire(ofTurn: number): void {
    if (ofTurn !== turn) return
    const callback = pending
    cancel()
    callback?.()
  }

  function cancel(): void {
    turn++
    pending = undefined
    clearTimeout(own)
  }

  return {
    schedule(delayMs: number, callback: () => void): void {
      cancel()
      pending = callback
      own = setTimeout(fire, delayMs, turn)
      worker?.postMessage([delayMs, turn])
    },
    cancel,
  }
}
