/**
 * WebKitGTK in its test browser on a virtual display, and WPE WebKit in `cog` without a display,
 * each driven by the WebDriver server of its engine.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../../contract/support/free-port.ts'
import { PATIENCE_MS } from '../../contract/support/patience.ts'
import type { Browser } from './tab.ts'
import { startSession } from './web-driver.ts'

const RETRY_MS = 50

export interface WebKitLaunch {
  /** Path of the driver. */
  readonly driver: string
  /** The driver's name for the browser's options: `webkitgtk:browserOptions`. */
  readonly optionsKey: string
  readonly browser: string
  readonly browserArguments: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Path of Xvfb. Null: the browser needs no display. */
  readonly displayServer: string | null
  readonly singleWindow: boolean
}

export async function launchWebKit(launch: WebKitLaunch): Promise<Browser> {
  const processes: ChildProcess[] = []
  const stop = () => processes.splice(0).reverse().forEach(endGroup)
  try {
    const environment = { ...process.env, ...launch.environment, NO_AT_BRIDGE: '1' }
    if (launch.displayServer !== null) {
      const display = start(launch.displayServer, ['-displayfd', '3', '-screen', '0', '1280x1024x24'], process.env)
      processes.push(display)
      Object.assign(environment, { DISPLAY: `:${await firstLine(display)}`, GDK_BACKEND: 'x11' })
    }
    const port = await freePort()
    processes.push(start(launch.driver, [`--port=${port}`], environment))
    const url = `http://127.0.0.1:${port}`
    await untilReady(url)
    const options = { binary: launch.browser, args: launch.browserArguments }
    const capabilities = { [launch.optionsKey]: options }
    const session = await startSession({ url, capabilities, singleWindow: launch.singleWindow })
    return {
      ...session,
      async close() {
        await session.close().finally(stop)
      },
    }
  } catch (error) {
    stop()
    throw error
  }
}

/** In a process group, so that the browser ends with its driver. */
function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(command, args, { env, detached: true, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  const endWithUs = () => endGroup(child)
  process.once('exit', endWithUs)
  child.once('exit', () => process.off('exit', endWithUs))
  // Without a listener a failed start would end the test run instead of the test.
  child.once('error', () => {})
  return child
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

/** Xvfb writes the number of the free display that it found. */
async function firstLine(child: ChildProcess): Promise<string> {
  const [line] = (await once(child.stdio[3] as Readable, 'data', {
    signal: AbortSignal.timeout(PATIENCE_MS),
  })) as [Buffer]
  return line.toString().trim()
}

async function untilReady(url: string): Promise<void> {
  const giveUpMs = Date.now() + PATIENCE_MS
  while (
    !(await fetch(`${url}/status`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (Date.now() > giveUpMs) throw new Error(`The driver at ${url} does not answer.`)
    await pause(RETRY_MS)
  }
}
