// The least that a waiting page takes: it reads a cookie, and sends constant bytes with the headers
// of the page and a short status of this visitor.
import { env } from 'cloudflare:workers'

const STATUS_MAX_BYTES = 4096
const headers = new Headers(JSON.parse(env.PAGE_HEADERS))
const encoder = new TextEncoder()
const constant = encoder.encode('<!doctype html>'.padEnd(env.PAGE_BYTES, 'x'))
// A response copies the bytes when it is made.
const page = new Uint8Array(constant.length + STATUS_MAX_BYTES)
page.set(constant)

export default {
  fetch(request) {
    const token = request.headers.get('Cookie')?.split('=')[1]
    const status = JSON.stringify({ state: 'waiting', position: 5000, pollAfterSeconds: 7, token })
    const { written } = encoder.encodeInto(status, page.subarray(constant.length))
    return new Response(page.subarray(0, constant.length + written), { headers })
  },
}
