/** Starts the load process and hands it one task at a time. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import type { AgeTask, JoinTask, LoadResult, LoadTask } from './load.ts'

export class LoadProcess {
  private readonly child: ChildProcess = fork(resolve(import.meta.dirname, 'load.ts'))
  private readonly ended = once(this.child, 'exit').then(([code, signal]) => {
    throw new Error(`The load ended with ${code ?? signal}`)
  })

  constructor() {
    // stop() ends it on purpose.
    this.ended.catch(() => {})
  }

  get pid(): number {
    return this.child.pid as number
  }

  async run(task: LoadTask | JoinTask): Promise<LoadResult> {
    const result = (await this.done(task)) as LoadResult
    const name = 'join' in task ? `joins of ${task.join}` : task.name
    if (result.errors > 0) console.error(`${name}: ${result.errors} errors in ${result.requests} requests`)
    return result
  }

  async age(task: AgeTask): Promise<void> {
    await this.done(task)
  }

  private async done(task: LoadTask | JoinTask | AgeTask): Promise<unknown> {
    this.child.send(task)
    const [result] = (await Promise.race([once(this.child, 'message'), this.ended])) as [unknown]
    return result
  }

  stop(): void {
    this.child.kill()
  }
}
