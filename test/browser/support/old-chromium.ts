/**
 * Old versions of Chromium, from npm packages made for function hosts. Chromium 64 is the oldest
 * browser that our scripts support, and a devDependency. `.ci/run` unpacks the others into the
 * project's ignored folder; where one is missing its tests are skipped, visibly.
 *
 * Current drivers use commands that these versions lack, so a tab is driven over the few commands
 * of the DevTools protocol that all versions have.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createReadStream, createWriteStream, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress } from 'node:zlib'
import { expect, inject, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { PATIENCE_MS } from '../../contract/support/patience.ts'
import { moveUnlessThere } from './find-chromium.ts'

const CACHE = resolve(import.meta.dirname, '../../../.cache/browser')

/** By version: the folder of its package, or null where it is missing. */
export const OLD_CHROMIUMS: Readonly<Record<number, string | null>> = {
  64: dirname(createRequire(import.meta.url).resolve('chromium-64/package.json')),
  80: unpackedByCi('chrome-aws-lambda-2.1.1'),
  83: unpackedByCi('chrome-aws-lambda-3.1.1'),
}

function unpackedByCi(name: string): string | null {
  const folder = join(CACHE, name, 'package')
  return process.platform === 'linux' && process.arch === 'x64' && existsSync(folder) ? folder : null
}

export interface OldTab {
  go(url: string): Promise<void>
  /** The value of an expression, in the syntax of this version. */
  run<T>(expression: string): Promise<T>
  until(expression: string): Promise<void>
  screenshot(): Promise<Buffer>
  /** The answers to the tab's requests, as "204 http://...". */
  readonly answers: readonly string[]
}

/** A tab of a new profile. It closes after the test. */
export async function openOldChromium(version: number): Promise<OldTab> {
  const profile = mkdtempSync(join(CACHE, 'old-profile-'))
  const { libraries } = inject('chromium')
  const env = {
    ...process.env,
    FONTCONFIG_FILE: inject('fonts'),
    ...(libraries === null ? {} : { LD_LIBRARY_PATH: libraries }),
  }
  const child = spawn(
    await unpacked(version),
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--lang=en-US',
      '--host-resolver-rules=MAP *.localhost 127.0.0.1',
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
      'about:blank',
    ],
    { env, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  // Its own processes, which share stderr, may write to the profile for a moment longer.
  const ended = new Promise((done) => child.once('close', done))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
    rmSync(profile, { recursive: true, force: true })
  })
  return tabOf(await pageAddress(child))
}

async function unpacked(version: number): Promise<string> {
  const home = OLD_CHROMIUMS[version]
  if (home == null) throw new Error(`No Chromium ${version} here: .ci/run unpacks it`)
  const folder = join(CACHE, `chromium-${version}`)
  if (!existsSync(folder)) {
    mkdirSync(CACHE, { recursive: true })
    const aside = mkdtempSync(join(CACHE, 'unpacking-'))
    const program = createWriteStream(join(aside, 'chromium'), { mode: 0o755 })
    await pipeline(createReadStream(join(home, 'bin/chromium.br')), createBrotliDecompress(), program)
    moveUnlessThere(aside, folder)
  }
  return join(folder, 'chromium')
}

/** The address under which the first tab takes commands. */
async function pageAddress({ stderr }: ChildProcess): Promise<string> {
  let printed = ''
  stderr?.on('data', (chunk) => {
    printed += chunk
  })
  const port = await expect
    .poll(() => /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)/.exec(printed)?.[1])
    .toBeDefined()
    .then(() => /:(\d+)\/devtools/.exec(printed)?.[1])
  // The browser listens before it has opened its first tab.
  let tabs: { webSocketDebuggerUrl: string }[] = []
  const listed = async () => {
    tabs = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()
    return tabs
  }
  await expect.poll(listed).not.toEqual([])
  return (tabs[0] as (typeof tabs)[0]).webSocketDebuggerUrl
}

interface Answer {
  readonly id?: number
  readonly error?: { readonly message: string }
  readonly result?: Readonly<Record<string, unknown>>
  /** Of an event. */
  readonly params?: { readonly response?: { readonly status: number; readonly url: string } }
}

async function tabOf(address: string): Promise<OldTab> {
  const socket = new WebSocket(address)
  await new Promise((done, failed) => socket.once('open', done).once('error', failed))
  const waiting = new Map<number, (answer: Answer) => void>()
  const answers: string[] = []
  socket.on('message', (data) => {
    const answer = JSON.parse(String(data)) as Answer
    const { response } = answer.params ?? {}
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer)
    else if (response) answers.push(`${response.status} ${response.url}`)
  })
  let sent = 0
  const send = (method: string, params: object = {}) =>
    new Promise<Readonly<Record<string, unknown>>>((done, failed) => {
      const id = ++sent
      waiting.set(id, ({ error, result = {} }) =>
        error ? failed(new Error(`${method}: ${error.message}`)) : done(result),
      )
      socket.send(JSON.stringify({ id, method, params }))
    })
  const run = async <T>(expression: string) => {
    const { result, exceptionDetails } = (await send('Runtime.evaluate', { expression, returnByValue: true })) as {
      result: { value: T }
      exceptionDetails?: { text: string }
    }
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.text}`)
    return result.value
  }
  await send('Network.enable')
  return {
    answers,
    go: async (url) => void (await send('Page.navigate', { url })),
    run,
    // Between two pages there is nothing to ask.
    until: (expression) =>
      expect.poll(() => run(expression).catch(() => false), { timeout: PATIENCE_MS, message: expression }).toBe(true),
    async screenshot() {
      const { data } = await send('Page.captureScreenshot')
      return Buffer.from(String(data), 'base64')
    },
  }
}
