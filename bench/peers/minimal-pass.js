// The least that a request with a pass takes: other request headers, a time-out, and a note that
// the visitor is present.
const ORIGIN_TIMEOUT_MS = 30_000
const presentMs = new Map()

export default {
  fetch(request) {
    const { host, protocol } = new URL(request.url)
    const headers = new Headers(request.headers)
    const pass = headers.get('Cookie')
    presentMs.set(pass, Date.now())
    headers.delete('Cookie')
    headers.set('Waiting-Room-Pass', pass)
    headers.set('X-Forwarded-Host', host)
    headers.set('X-Forwarded-Proto', protocol.slice(0, -1))
    const sending = fetch(request.url, { method: request.method, headers, redirect: 'manual' })
    return Promise.race([sending, scheduler.wait(ORIGIN_TIMEOUT_MS)])
  },
}
