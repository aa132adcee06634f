/**
 * A `fetch` that waits in line, for single-page apps, hybrid apps and Node 18 or newer. Copy it; it
 * has no dependencies.
 *
 *   const roomFetch = createWaitingRoomFetch({ onProgress: ({ position }) => show(position) })
 *   const response = await roomFetch('https://shop.example.com/api/seats')
 *
 * If the waiting room answers in place of the site, it joins the line, polls at the interval that
 * the room sets, sends the request again once admitted, and resolves with the site's answer.
 * Concurrent requests share one place. One function serves one room.
 */
const TOKEN = 'Waiting-Room-Token'
const BACK_OFF_MIN_MS = 1_000
const BACK_OFF_MAX_MS = 30_000
/** Failed polls in a row, about three minutes, before waiting requests fail with the last error. */
const FAILURES_MAX = 10
/** How often one request waits in line; after that it resolves with the room's answer. */
const TURNS_MAX = 5

export function createWaitingRoomFetch({ statusUrl, onProgress = () => {}, fetch = globalThis.fetch } = {}) {
  const isInPage = globalThis.location !== undefined
  /** The room's status endpoint. If not given, it comes from the room's first answer. */
  let room = statusUrl === undefined ? null : new URL(statusUrl, globalThis.location?.href)
  let token = ''
  let proof = null
  /** The current poll loop, shared by all waiting requests. */
  let line = null
  let first = null

  async function waitingRoomFetch(input, init) {
    const request = new Request(input, init)
    if (statusUrl !== undefined && token === '' && isOfRoom(request)) await turn(request.signal)
    for (let turns = 1; ; turns++) {
      // Keeps the request, so that its body can be sent again.
      const response = await send(request.clone())
      const found = roomOf(response, request.url)
      const isOther = room?.searchParams.has('room') && room.href !== found?.href
      if (found === null || isOther || turns > TURNS_MAX) return response
      room = found
      keepToken(response)
      await response.body?.cancel()
      if (turns > 1) await pause(backOffMs(turns), request.signal)
      await turn(request.signal)
    }
  }

  const isOfRoom = ({ url }) => new URL(url).origin === room.origin
  const keepToken = (response) => {
    token = response.headers.get(TOKEN) ?? token
  }

  async function send(request) {
    // Outside of a page (Node) the first request may join by itself. Concurrent requests wait for
    // its token.
    if (room === null && first !== null) await first
    // A page that does not know the room yet must not send the header: the preflight of another
    // site may refuse it.
    if (room === null ? isInPage : !isOfRoom(request)) return fetch(request)
    const sent = sendToken(request)
    first ??= sent.catch(() => {})
    const response = await sent
    if (response.headers.has(TOKEN)) room ??= new URL('/__waiting-room/status', response.url)
    return response
  }

  async function sendToken(input, init) {
    const request = new Request(input, init)
    request.headers.set(TOKEN, token)
    const response = await fetch(request)
    keepToken(response)
    return response
  }

  /** Resolves once admitted. An aborted request stops waiting, and the last one stops the polls. */
  async function turn(signal) {
    signal.throwIfAborted()
    const stop = new AbortController()
    line ??= { requests: 0, stop, admitted: pollUntilAdmitted(stop.signal) }
    const current = line
    current.requests++
    try {
      await new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        current.admitted.then(resolve, reject)
      })
    } finally {
      if (--current.requests === 0) {
        if (line === current) line = null
        current.stop.abort()
      }
    }
  }

  async function pollUntilAdmitted(signal) {
    for (let failures = 0; ; ) {
      const { status, error } = await poll(signal)
      failures = error === undefined ? 0 : failures + 1
      if (failures === FAILURES_MAX) throw error
      onProgress(status)
      if (status.state === 'admitted') return
      // The place is gone (silent for too long, or given up) or moved to another device: a request
      // without a token joins again at the end.
      if (['expired', 'moved', 'left'].includes(status.state)) token = ''
      else await pause(failures > 0 ? backOffMs(failures) : status.pollAfterSeconds * 1000, signal)
    }
  }

  async function poll(signal) {
    try {
      const headers = { Accept: 'application/json', ...(proof === null ? {} : { 'Waiting-Room-Proof': proof }) }
      proof = null
      const response = await sendToken(room, { headers, cache: 'no-store', signal })
      const status = await response.json()
      if (status.state !== undefined) return { status }
      // The room asks newcomers for a proof of work. The next poll presents it.
      if (status.work !== undefined) {
        proof = await solve(status.work, signal)
        return { status: { state: 'waiting', position: null, etaSeconds: null, pollAfterSeconds: 0 } }
      }
      throw Object.assign(new Error(`The waiting room answers ${response.status} ${status.title}`), { response })
    } catch (error) {
      // A retry would not help: the room is gone, or does not list this origin.
      if (signal.aborted || [403, 404].includes(error.response?.status)) throw error
      return { status: { state: 'unreachable', position: null, etaSeconds: null }, error }
    }
  }

  const post = (call, fields) => {
    const headers = { 'Content-Type': 'application/json' }
    const body = JSON.stringify(fields)
    return sendToken(new URL(call + room.search, room), { method: 'POST', headers, body, keepalive: true })
  }

  /** Gives up the place, so that the next visitor is admitted at once. Aborts waiting requests. */
  waitingRoomFetch.leave = async () => {
    line?.stop.abort()
    if (room === null) return
    await post('leave', { final: true })
    token = ''
  }

  /**
   * Keeps the session while there is nothing to fetch. Start when admitted, and repeat every 8 s or
   * so. False: there is no session, and the next request waits in line. `touched`: someone used the
   * app since the last call.
   */
  waitingRoomFetch.heartbeat = async (touched = true) => {
    if (room === null || token === '' || line !== null) return false
    const response = await post('heartbeat', { touched })
    if (response.status === 410) token = ''
    return response.ok
  }

  return waitingRoomFetch
}

/** The status endpoint that a waiting room's answer links to; null: it is the site's answer. */
export function roomOf(response, requestUrl) {
  const [, target] = /<([^>]*)>[^,]*;\s*rel="?waiting-room"?/i.exec(response.headers.get('Link') ?? '') ?? []
  if (target === undefined) return null
  const base = new URL(response.url || requestUrl)
  const url = new URL(target, base)
  // A room is on the host that it covers. No other host may receive the token.
  return url.origin === base.origin ? url : null
}

/** Finds a number for which SHA-256 of `id:number` begins with `bits` zero bits. */
async function solve({ id, bits, challenge }, signal) {
  for (let number = 0; ; number++) {
    signal.throwIfAborted()
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${id}:${number}`))
    if (Math.clz32(new DataView(hash).getUint32(0)) >= bits) return `${challenge}.${number}`
  }
}

/** Doubles with each failure, half of it at random, so that a crowd does not return in step. */
function backOffMs(failures) {
  const fullMs = Math.min(BACK_OFF_MAX_MS, BACK_OFF_MIN_MS * 2 ** (failures - 1))
  return fullMs * (0.5 + Math.random() / 2)
}

function pause(ms, signal) {
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal.addEventListener('abort', stop, { once: true })
  })
}
