/** Starts the process that makes the load, and hands it one task at a time. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import type { LoadResult, LoadTask } from './load.ts'

export class LoadProcess {
  private readonly child: ChildProcess = fork(resolve(import.meta.dirname, 'load.ts'))
  private readonly ended = once(this.child, 'exit').then(([code, signal]) => {
    throw new Error(`The load ended with ${code ?? signal}`)
  })

  constructor() {
    // Its end at stop() is meant.
    this.ended.catch(() => {})
  }

  async run(task: LoadTask): Promise<LoadResult> {
    this.child.send(task)
    const [result] = (await Promise.race([once(this.child, 'message'), this.ended])) as [LoadResult]
    if (result.errors > 0) console.error(`${task.name}: ${result.errors} errors, first:\n${result.firstError}`)
    return result
  }

  stop(): void {
    this.child.kill()
  }
}
