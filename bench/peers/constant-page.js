// A constant body as large as the waiting page.
import { env } from 'cloudflare:workers'

const body = '<!doctype html>'.padEnd(env.PAGE_BYTES, 'x')

export default {
  fetch() {
    return new Response(body, { headers: { 'Content-Type': 'text/html; charset=utf-8' } })
  },
}
