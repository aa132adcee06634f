/**
 * The demo's child processes. Each leads its own process group, so that one signal reaches
 * everything it started (wrangler starts workerd and more). Owns starting, watching and ending
 * them.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Time for a group to end after SIGTERM. */
const TERM_GRACE_MS = 4_000
/** Time to wait after SIGKILL; only a process stuck in the kernel survives it. */
const KILL_GRACE_MS = 1_000
const GROUP_POLL_MS = 50
const LOG_TAIL_LINES = 25
const END_WITH_PARENT = new URL('end-with-parent.ts', import.meta.url).href

/** One child and everything it started. */
export interface ChildGroup {
  readonly name: string
  readonly logFile: string
  readonly child: ChildProcess
  /** Resolves with the reason at the end of the child. */
  readonly ended: Promise<string>
}

export interface ChildCommand {
  readonly name: string
  /** A Node script with its arguments. */
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Receives stdout and stderr of the child. */
  readonly logFile: string
}

const running = new Set<ChildGroup>()

/** Starts a Node script as leader of a new process group, with an IPC channel to it. */
export function startChild({ name, args, cwd, env, logFile }: ChildCommand): ChildGroup {
  const log = openSync(logFile, 'a')
  const child = spawn(process.execPath, ['--import', END_WITH_PARENT, ...args], {
    cwd,
    env: { ...env },
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  })
  closeSync(log)
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`))
    child.once('exit', (code, signal) =>
      resolve(signal === null ? `ended with exit code ${code}` : `ended by ${signal}`),
    )
  })
  const group = { name, logFile, child, ended }
  running.add(group)
  return group
}

/** The last lines of the child's log, for an error message. */
export function logTail(group: ChildGroup): string {
  const lines = readFileSync(group.logFile, 'utf8').trimEnd().split('\n')
  return lines.slice(-LOG_TAIL_LINES).join('\n')
}

/** False if no process of the group is left. */
function signalGroup(group: ChildGroup, signal: NodeJS.Signals | 0): boolean {
  const { pid } = group.child
  if (pid === undefined) return false
  try {
    // A negative id means the whole group; Windows has no such groups.
    if (process.platform === 'win32') return group.child.kill(signal)
    return process.kill(-pid, signal)
  } catch {
    return false
  }
}

async function groupEnds(group: ChildGroup, withinMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < withinMs; waitedMs += GROUP_POLL_MS) {
    if (!signalGroup(group, 0)) return true
    await sleep(GROUP_POLL_MS)
  }
  return false
}

async function stopChild(group: ChildGroup): Promise<void> {
  signalGroup(group, 'SIGTERM')
  if (!(await groupEnds(group, TERM_GRACE_MS))) {
    signalGroup(group, 'SIGKILL')
    await groupEnds(group, KILL_GRACE_MS)
  }
  running.delete(group)
}

/** Ends every child with everything it started: SIGTERM, then SIGKILL. Takes about 5 s at most. */
export async function stopAllChildren(): Promise<void> {
  await Promise.all([...running].map(stopChild))
}

// The last resort, if this process ends without waiting for the above.
process.on('exit', () => {
  for (const group of running) signalGroup(group, 'SIGKILL')
})
