// The least that a waiting page takes: it reads a cookie, and sends constant bytes with the headers
// of the page and a short status of this visitor.
import { env } from 'cloudflare:workers'

const headers = JSON.parse(env.PAGE_HEADERS)
const encoder = new TextEncoder()
const status = (token) =>
  encoder.encode(JSON.stringify({ state: 'waiting', position: 5000, pollAfterSeconds: 7, token }))
const constant = encoder.encode('<!doctype html>'.padEnd(env.PAGE_BYTES, 'x'))

export default {
  fetch(request) {
    const visitor = status(request.headers.get('Cookie')?.split('=')[1])
    const page = new Uint8Array(constant.length + visitor.length)
    page.set(constant)
    page.set(visitor, constant.length)
    return new Response(page, { headers })
  },
}
