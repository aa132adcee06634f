/**
 * The load, as a process of its own so that it takes no time from what it measures: as many connections as asked for, each
 * with one request at a time. Runs the tasks it is sent one after the other. It writes HTTP/1.1 itself: an HTTP client would
 * need more processor time per request than the runtime under test.
 */
import { connect, type Socket } from 'node:net'

export interface LoadTask {
  readonly name: string
  readonly port: number
  readonly path: string
  /** Request headers besides `Cookie`, `Host` among them. */
  readonly headers: Readonly<Record<string, string>>
  /** Sent by everyone. */
  readonly cookie?: string
  /** So many visitors take turns, each keeping the last cookie it was given, over all tasks of this name; 0: all are new. */
  readonly visitors: number
  /** What every right answer's body contains. */
  readonly mark: string
  readonly concurrency: number
  readonly durationMs: number
  /** Ends sooner, after so many requests. */
  readonly requestsMax: number
}

export interface LoadResult {
  readonly requests: number
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly errors: number
  /** What the first wrong answer was. */
  readonly firstError: string | null
}

/** Answers still under way at the end are waited for, not counted; whatever takes longer is an error. */
const DRAIN_MS = 10_000

const jars = new Map<string, string[]>()

class Load {
  private readonly task: LoadTask
  private readonly jar: string[]
  private readonly head: string
  private readonly latenciesMs: number[] = []
  private sent = 0
  private errors = 0
  private firstError: string | null = null
  private untilMs = 0

  constructor(task: LoadTask) {
    this.task = task
    this.jar = jars.get(task.name) ?? new Array<string>(task.visitors).fill(task.cookie ?? '')
    jars.set(task.name, this.jar)
    const lines = Object.entries(task.headers).map(([name, value]) => `${name}: ${value}\r\n`)
    this.head = `GET ${task.path} HTTP/1.1\r\n${lines.join('')}`
  }

  async run(): Promise<LoadResult> {
    const { concurrency, durationMs, port } = this.task
    const sockets = await Promise.all(Array.from({ length: concurrency }, () => connected(port)))
    const startMs = performance.now()
    this.untilMs = startMs + durationMs
    const drain = setTimeout(() => {
      for (const socket of sockets) socket.destroy(new Error('no answer in time'))
    }, durationMs + DRAIN_MS)
    await Promise.all(sockets.map((socket) => this.converse(socket)))
    clearTimeout(drain)
    const tookMs = Math.min(performance.now() - startMs, durationMs)
    const sorted = Float64Array.from(this.latenciesMs).sort()
    const at = (part: number) => sorted[Math.floor(sorted.length * part)] ?? 0
    return {
      requests: sorted.length,
      requestsPerSecond: (sorted.length / tookMs) * 1000,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      errors: this.errors,
      firstError: this.firstError,
    }
  }

  /** Requests and answers over one connection, until the time is over. */
  private converse(socket: Socket): Promise<void> {
    return new Promise((done) => {
      let received: Buffer | null = null
      let sentMs = 0
      let visitor = 0
      let over = false
      const next = () => {
        sentMs = performance.now()
        if (sentMs >= this.untilMs || this.sent >= this.task.requestsMax) {
          over = true
          socket.destroy()
          return
        }
        visitor = this.sent++ % Math.max(1, this.task.visitors)
        const cookie = this.task.visitors > 0 ? this.jar[visitor] : this.task.cookie
        socket.write(`${this.head}${cookie ? `Cookie: ${cookie}\r\n` : ''}\r\n`)
      }
      socket.on('data', (chunk: Buffer) => {
        received = received === null ? chunk : Buffer.concat([received, chunk])
        const answer = answerIn(received)
        if (answer === null) return
        this.take(answer, received, sentMs, visitor)
        received = null
        next()
      })
      socket.on('error', (error) => this.fail(String(error)))
      socket.on('close', () => {
        if (!over) this.fail('connection closed')
        done()
      })
      next()
    })
  }

  private take({ head, bodyStart }: Answer, received: Buffer, sentMs: number, visitor: number): void {
    const nowMs = performance.now()
    const right = head.startsWith('HTTP/1.1 200 ') && received.includes(this.task.mark, bodyStart)
    if (!right) this.fail(received.toString('latin1', 0, 1000))
    else if (nowMs <= this.untilMs) this.latenciesMs.push(nowMs - sentMs)
    if (this.task.visitors === 0) return
    const cookie = /\r\nset-cookie: ([^;\r]+)/i.exec(head)?.[1]
    if (cookie !== undefined) this.jar[visitor] = cookie
  }

  private fail(what: string): void {
    this.errors++
    this.firstError ??= what
  }
}

interface Answer {
  readonly head: string
  readonly bodyStart: number
}

/** The answer, null while some of it is missing. */
function answerIn(received: Buffer): Answer | null {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd < 0) return null
  const head = received.toString('latin1', 0, headEnd)
  const bodyStart = headEnd + 4
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
  // Without a length it comes in chunks, of which the last is empty.
  const whole =
    length === undefined
      ? received.toString('latin1', received.length - 7).endsWith('\r\n0\r\n\r\n')
      : received.length >= bodyStart + Number(length)
  return whole ? { head, bodyStart } : null
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    socket.once('connect', () => resolve(socket.off('error', reject)))
    socket.once('error', reject)
  })
}

process.on('message', async (task: LoadTask) => {
  process.send?.(await new Load(task).run())
})
// Nobody is left to tell.
process.on('disconnect', () => process.exit())
