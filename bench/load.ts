/**
 * The load generator: autocannon in a separate process, so that it takes no time from the measured
 * server. It runs one task at a time. Cookies that the visitors of a task receive are kept for all
 * tasks of the same name.
 */
import autocannon, { type Client, type Request } from 'autocannon'
import { CONFIRM_AFTER_MAX_SECONDS } from '../src/limits.ts'
import { claimsOf, signed } from '../test/contract/support/tokens.ts'

export interface LoadTask {
  readonly name: string
  readonly port: number
  /** Each connection takes them in turn. */
  readonly requests: readonly LoadRequest[]
  /** Headers of every request, `Host` among them. */
  readonly headers: Readonly<Record<string, string>>
  /** Every correct answer contains one of these. */
  readonly marks: readonly string[]
  readonly connections: number
  /** Null: until every visitor has sent one request. */
  readonly durationMs: number | null
}

export interface LoadRequest {
  readonly path: string
  /**
   * The visitors whose jars are used in turn. Without visitors: a cookie that every request sends.
   * Without either: every request is a newcomer.
   */
  readonly cookie?: string
  readonly visitors?: string
}

/** Gives this many visitors their first cookies, with one joining request each. */
export interface JoinTask {
  readonly join: string
  readonly port: number
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly visitors: number
  readonly connections: number
}

/**
 * Dates the tickets of these visitors as in a crowd that polls all the time: last confirmed at any
 * moment within the confirmation interval. Otherwise all of them would have been confirmed
 * together, long ago.
 */
export interface AgeTask {
  readonly age: string
}

export interface LoadResult {
  readonly requests: number
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly errors: number
}

/** By name of the visitors. */
const jars = new Map<string, string[]>()
/**
 * The request of its list at which each connection continues, so that all visitors have their turn.
 */
const positions = new Map<string, number[]>()

async function joinAll({ join, port, path, headers, visitors, connections }: JoinTask): Promise<LoadResult> {
  const jar: string[] = []
  const setupClient = (client: Client) => {
    client.on('headers', (head) => jar.push(cookieOf(head) ?? ''))
  }
  const url = `http://127.0.0.1:${port}${path}`
  const from = { ...headers, ...addressOf(0) }
  const result = await autocannon({ url, headers: from, connections, amount: visitors, setupClient, timeout: 60 })
  jars.set(
    join,
    jar.filter((cookie) => cookie !== ''),
  )
  return { ...summary(result), errors: wrong(result) + (visitors - (jars.get(join)?.length ?? 0)) }
}

async function load({ name, port, requests, headers, marks, connections, durationMs }: LoadTask): Promise<LoadResult> {
  const known = positions.get(name) ?? new Array<number>(connections).fill(0)
  let connection = 0
  const setupClient = (client: Client) => {
    const mine = connection++
    const list = requestsOf(requests, headers, mine, connections)
    const start = (known[mine] as number) % list.length
    const turns = [...list.slice(start), ...list.slice(0, start)]
    client.setRequests(turns.map(({ request }) => request))
    let answered = 0
    client.on('headers', (head) => {
      const { visitor } = turns[answered++ % turns.length] as Turn
      const cookie = visitor === null ? null : cookieOf(head)
      // It takes effect with the next run. Until then the old cookie is still valid.
      if (visitor !== null && cookie !== null) visitor.jar[visitor.place] = cookie
      known[mine] = start + answered
    })
  }
  const verifyBody = (body: unknown) => marks.some((mark) => String(body).includes(mark))
  const url = `http://127.0.0.1:${port}`
  const turnsOfAll = () => requestsOf(requests, headers, 0, connections).length * connections
  const extent = durationMs === null ? { amount: turnsOfAll() } : { duration: durationMs / 1000 }
  // The end of a run also depends on a sample.
  const result = await autocannon({ url, headers, connections, sampleInt: 100, setupClient, verifyBody, ...extent })
  positions.set(name, known)
  return { ...summary(result), errors: wrong(result) }
}

function age({ age: name }: AgeTask): void {
  const nowSeconds = Math.floor(Date.now() / 1000)
  const jar = jars.get(name)?.map((cookie) => {
    const [cookieName, token = ''] = cookie.split('=', 2)
    const seen = nowSeconds - Math.floor(Math.random() * CONFIRM_AFTER_MAX_SECONDS)
    return `${cookieName}=${signed({ ...claimsOf(token), iat: seen, seen })}`
  })
  if (jar !== undefined) jars.set(name, jar)
}

interface Turn {
  readonly request: Request
  readonly visitor: { readonly jar: string[]; readonly place: number } | null
}

/** The requests of one connection, in turn: its share of each jar. */
function requestsOf(
  requests: readonly LoadRequest[],
  headers: Readonly<Record<string, string>>,
  connection: number,
  connections: number,
): Turn[] {
  const usesOf = (visitors?: string) => requests.filter((each) => each.visitors === visitors).length
  const sharesOf = ({ visitors }: LoadRequest) =>
    Math.ceil((jars.get(visitors ?? '')?.length ?? 0) / connections / usesOf(visitors))
  const shares = Math.max(1, ...requests.map(sharesOf))
  const turns: Turn[] = []
  const used = new Map<string, number>()
  for (let share = 0; share < shares; share++) {
    for (const { path, cookie, visitors = '' } of requests) {
      const jar = jars.get(visitors)
      const use = used.get(visitors) ?? 0
      used.set(visitors, use + 1)
      const place = jar === undefined ? 0 : (connection + connections * use) % jar.length
      const presented = jar === undefined ? cookie : jar[place]
      const sent = { ...headers, ...addressOf(connection), ...(presented ? { Cookie: presented } : null) }
      turns.push({
        request: { method: 'GET', path, headers: sent },
        visitor: jar === undefined ? null : { jar, place },
      })
    }
  }
  return turns
}

/** As the platform tells it: each connection has its own address. */
function addressOf(connection: number): Readonly<Record<string, string>> {
  return { 'CF-Connecting-IP': `198.51.${connection >> 8}.${connection & 255}` }
}

function cookieOf(head: unknown): string | null {
  const { headers } = head as { headers: string[] }
  const at = headers.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === 'set-cookie')
  return at < 0 ? null : ((headers[at + 1] as string).split(';', 1)[0] as string)
}

function summary({ requests, duration, latency }: autocannon.Result): Omit<LoadResult, 'errors'> {
  return {
    requests: requests.total,
    requestsPerSecond: requests.total / duration,
    p50Ms: latency.p50,
    p99Ms: latency.p99,
  }
}

function wrong({ errors, timeouts, mismatches, non2xx }: autocannon.Result): number {
  return errors + timeouts + mismatches + non2xx
}

process.on('message', async (task: LoadTask | JoinTask | AgeTask) => {
  if ('age' in task) {
    age(task)
    process.send?.(null)
  } else process.send?.(await ('join' in task ? joinAll(task) : load(task)))
})
// Nobody is left to report to.
process.on('disconnect', () => process.exit())
