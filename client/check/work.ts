/**
 * Runs the solver beside the page: in a Web Worker, which browsers do not slow down while the tab
 * is hidden, or in short turns of the page itself where there are no workers.
 */
import { Solver } from './solver.ts'

export interface Task {
  readonly id: string
  readonly bits: number
}

type Report = { readonly tried: number } | { readonly nonce: string }

export interface WorkPort {
  onTried(count: number): void
  onSolved(nonce: string): void
}

/** Between two reports: a tenth of a second on a slow phone. */
const TURN = 8_192

/** In the page itself a turn must not delay its frames by much. */
const PAGE_TURN = 512
const PAGE_TURN_MS = 20

/** @param script the source of this script; returns a function that stops the work */
export function startWork(task: Task, script: string, port: WorkPort): () => void {
  let worker: Worker
  try {
    worker = new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })))
  } catch {
    return workInPage(task, port)
  }
  let stop = () => worker.terminate()
  worker.onmessage = ({ data }: MessageEvent<Report>) => {
    if ('nonce' in data) port.onSolved(data.nonce)
    else port.onTried(data.tried)
  }
  worker.onerror = () => {
    worker.terminate()
    stop = workInPage(task, port)
  }
  worker.postMessage(task)
  return () => stop()
}

/** The script as a worker: solves the first task that it receives. */
export function serveAsWorker(): void {
  const report = self.postMessage.bind(self) as (report: Report) => void
  self.onmessage = ({ data: { id, bits } }: MessageEvent<Task>) => {
    const solver = new Solver(id, bits)
    for (;;) {
      const nonce = solver.run(TURN)
      if (nonce !== null) return report({ nonce })
      report({ tried: solver.tried })
    }
  }
}

function workInPage({ id, bits }: Task, port: WorkPort): () => void {
  const solver = new Solver(id, bits)
  const turn = () => {
    const endMs = performance.now() + PAGE_TURN_MS
    let nonce: string | null
    do nonce = solver.run(PAGE_TURN)
    while (nonce === null && performance.now() < endMs)
    if (nonce !== null) return port.onSolved(nonce)
    port.onTried(solver.tried)
    timer = setTimeout(turn)
  }
  // Not at once: the caller must have the function that stops the work.
  let timer = setTimeout(turn)
  return () => clearTimeout(timer)
}
