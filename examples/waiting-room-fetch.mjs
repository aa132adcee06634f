/**
 * A `fetch` that waits in line, for single-page apps, hybrid apps and Node 18 or newer. Copy it; it
 * has no dependencies.
 *
 *   const roomFetch = createWaitingRoomFetch({ onProgress: ({ state, position }) => show(state,
 * position) })
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
  const hasPage = globalThis.location !== undefined
  /** The room's status endpoint. If not given, it comes from the room's first answer. */
  let room = statusUrl === undefined ? null : new URL(statusUrl, globalThis.location?.href)
  let token = ''
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

  async function send(request) {
    // Outside of a page (Node) the first request may join by itself. Concurrent requests wait for
    // its token.
    if (room !== null || hasPage) return sendNow(request)
    if (first !== null) return first.then(() => sendNow(request))
    const response = sendNow(request)
    first = response.catch(() => {})
    return response
  }

  async function sendNow(request) {
    // A page that does not know the room yet must not send the header: the preflight of another
    // site may refuse it.
    const sendsToken = room === null ? !hasPage : isOfRoom(request)
    if (sendsToken) request.headers.set(TOKEN, token)
    const response = await fetch(request)
    if (sendsToken && response.headers.has(TOKEN)) {
      room ??= new URL('/__waiting-room/status', response.url)
      keepToken(response)
    }
    return response
  }

  const isOfRoom = ({ url }) => new URL(url).origin === room.origin
  const keepToken = (response) => {
    token = response.headers.get(TOKEN) ?? token
  }

  /**
   * Resolves once admitted. An aborted request stops waiting; when none is left, so does the poll
   * loop.
   */
  async function turn(signal) {
    signal.throwIfAborted()
    line ??= startLine()
    const current = line
    current.requests++
    let forget
    const aborted = new Promise((_, reject) => {
      forget = onAbort(signal, () => reject(signal.reason))
    })
    try {
      await Promise.race([current.admitted, aborted])
    } finally {
      forget()
      if (--current.requests === 0) endLine(current)
    }
  }

  function startLine() {
    const stop = new AbortController()
    return { requests: 0, stop, admitted: pollUntilAdmitted(stop.signal) }
  }

  function endLine(ended) {
    if (line === ended) line = null
    ended.admitted.catch(() => {})
    ended.stop.abort()
  }

  async function pollUntilAdmitted(signal) {
    for (let failures = 0; ; ) {
      const { status, waitMs, error } = await poll(signal)
      failures = error === undefined ? 0 : failures + 1
      if (failures === FAILURES_MAX) throw error
      onProgress(status)
      if (status.state === 'admitted') return
      // The place is gone (silent for too long, or given up): a request without a token joins again
      // at the end.
      if (status.state === 'expired') token = ''
      else await pause(waitMs ?? backOffMs(failures), signal)
    }
  }

  async function poll(signal) {
    try {
      const headers = { Accept: 'application/json', [TOKEN]: token }
      const response = await fetch(room, { headers, cache: 'no-store', signal })
      keepToken(response)
      const status = await response.json()
      if (status.state !== undefined) return { status, waitMs: status.pollAfterSeconds * 1000 }
      throw Object.assign(new Error(`The waiting room answers ${response.status} ${status.title}`), { response })
    } catch (error) {
      // A retry would not help: the room is gone, or does not list this origin.
      if (signal.aborted || [403, 404].includes(error.response?.status)) throw error
      return { status: { state: 'unreachable', position: null, etaSeconds: null }, error }
    }
  }

  const post = (call, fields) => {
    const headers = { 'Content-Type': 'application/json', [TOKEN]: token }
    const body = JSON.stringify(fields)
    return fetch(new URL(call + room.search, room), { method: 'POST', headers, body, keepalive: true })
  }

  /**
   * Gives up the place, in line or on the site, so that the next visitor is admitted at once.
   * Waiting requests are aborted.
   */
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
    keepToken(response)
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

/** Doubles with each failure, half of it at random, so that a crowd does not return in step. */
function backOffMs(failures) {
  const fullMs = Math.min(BACK_OFF_MAX_MS, BACK_OFF_MIN_MS * 2 ** (failures - 1))
  return fullMs * (0.5 + Math.random() / 2)
}

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      forget()
      resolve()
    }, ms)
    const forget = onAbort(signal, () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}

/**
 * Calls back when the signal is aborted, at once if it already is. The returned function cancels
 * this.
 */
function onAbort(signal, callback) {
  if (signal.aborted) callback()
  else signal.addEventListener('abort', callback, { once: true })
  return () => signal.removeEventListener('abort', callback)
}
