/**
 * A service worker for a site with a waiting room: the site's files come from the cache when the network has none of them, and
 * nothing that the waiting room says is ever kept. Serve it from the site's own root: register('/service-worker.js').
 *
 * It does not wait in line itself: browsers stop a service worker after minutes, and a line may take longer. A page waits with
 * `createWaitingRoomFetch` of waiting-room-fetch.mjs, whose requests pass through here unchanged, with their token.
 */
const CACHE = 'site-v1'

addEventListener('install', () => skipWaiting())
addEventListener('activate', (event) => event.waitUntil(clients.claim()))

addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  // Without respondWith the browser does what it would do without a service worker.
  if (request.mode === 'navigate') return
  if (url.origin !== location.origin || url.pathname.startsWith('/__waiting-room/')) return
  if (request.method !== 'GET') return
  event.respondWith(fromNetworkOrCache(event))
})

async function fromNetworkOrCache(event) {
  const { request } = event
  const cache = await caches.open(CACHE)
  let answer
  try {
    answer = await fetch(request)
  } catch (error) {
    const kept = await cache.match(request)
    if (kept === undefined) throw error
    return kept
  }
  // Not let in at the moment: a style sheet, script or image of before serves as well. A script's own fetch must see the answer,
  // since by its link a page learns that it has to wait.
  if (isOfWaitingRoom(answer)) return request.destination === '' ? answer : ((await cache.match(request)) ?? answer)
  if (mayBeKept(answer)) event.waitUntil(cache.put(request, answer.clone()))
  return answer
}

/** The status may be any (`queueing_status_code`): the link tells the room's answer from the site's. */
function isOfWaitingRoom(answer) {
  return /rel="?waiting-room"?/.test(answer.headers.get('Link') ?? '')
}

function mayBeKept(answer) {
  const isPrivate = /no-store|private/i.test(answer.headers.get('Cache-Control') ?? '')
  // A token must not come out of the cache again: it is for the client that asked, and soon an old one.
  return answer.status === 200 && answer.type === 'basic' && !isPrivate && !answer.headers.has('Waiting-Room-Token')
}
