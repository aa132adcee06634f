// Waits in line if there is one, then prints the site's answer:
// node client.mjs https://shop.example.com/api/seats
import { setTimeout as pause } from 'node:timers/promises'

const url = new URL(process.argv[2])
let token = ''

/**
 * One request with the latest token, empty at first. The room answers with a new one whenever
 * something has changed.
 */
async function send(to, init = {}) {
  const headers = { Accept: 'application/json', ...init.headers, 'Waiting-Room-Token': token }
  const response = await fetch(to, { ...init, headers })
  token = response.headers.get('Waiting-Room-Token') ?? token
  return response
}

/** Returns the site's own answer to a GET, however long the line. */
async function getInTurn(to) {
  for (;;) {
    const response = await send(to)
    const retryAfterSeconds = Number(response.headers.get('Retry-After') ?? 0)
    const isJson = response.headers.get('Content-Type')?.startsWith('application/json')
    const body = retryAfterSeconds > 0 && isJson ? await response.clone().json() : null
    const place = body?.waitingRoom
    if (!place) return response
    // The place is gone (silent for too long, or given up): a request without a token joins again.
    if (['expired', 'moved', 'left'].includes(place.state)) token = ''
    console.error(`${place.state}, position ${place.position ?? 'unknown'}, asking again in ${retryAfterSeconds} s`)
    await pause(retryAfterSeconds * 1000)
  }
}

const answer = await getInTurn(url)
console.log(await answer.text())
// Done: the next visitor need not wait until this session has been silent for long enough.
await send(new URL('/__waiting-room/leave', url), { method: 'POST', body: '{"final":true}' })
