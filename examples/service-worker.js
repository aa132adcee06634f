/**
 * A service worker for a site with a waiting room. Files of the site come from the cache if the
 * network has none, and answers of the waiting room are never stored. Serve it from the site's
 * root: register('/service-worker.js').
 *
 * It does not wait in line itself: browsers stop a service worker after minutes, and a line may
 * take longer. A page waits with `createWaitingRoomFetch` of waiting-room-fetch.mjs, whose requests
 * pass through here unchanged, with their token.
 */
const CACHE = 'site-v1'

addEventListener('install', () => skipWaiting())
addEventListener('activate', (event) => event.waitUntil(clients.claim()))

addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  // Without respondWith the browser behaves as if there were no service worker.
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
  // Not admitted at the moment: an earlier copy of a style sheet, script or image is good enough. A
  // script's own fetch must see the answer, because its link tells the page that it has to wait.
  if (isOfWaitingRoom(answer)) return request.destination === '' ? answer : ((await cache.match(request)) ?? answer)
  if (mayBeKept(answer)) event.waitUntil(cache.put(request, answer.clone()))
  return answer
}

/**
 * The status may be any (`queueing_status_code`); the link tells the room's answer from the site's.
 */
function isOfWaitingRoom(answer) {
  return /rel="?waiting-room"?/.test(answer.headers.get('Link') ?? '')
}

function mayBeKept(answer) {
  const isPrivate = /no-store|private/i.test(answer.headers.get('Cache-Control') ?? '')
  // A token must never come out of the cache: it belongs to one client and is soon outdated.
  return answer.status === 200 && answer.type === 'basic' && !isPrivate && !answer.headers.has('Waiting-Room-Token')
}
