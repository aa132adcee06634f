// The least that a join takes: it waits for a shared call, here a timer, and gets a signed ticket
// in a cookie.
import { env } from 'cloudflare:workers'

const CALL_MS = 10
const encoder = new TextEncoder()
const bytes = Uint8Array.fromBase64(env.KEY, { alphabet: 'base64url' })
const imported = crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
let number = 0

export default {
  async fetch() {
    await scheduler.wait(CALL_MS)
    const claims = encoder.encode(JSON.stringify({ number: ++number, issuedSeconds: Math.floor(Date.now() / 1000) }))
    const signature = new Uint8Array(await crypto.subtle.sign('HMAC', await imported, claims))
    const ticket = `${claims.toBase64({ alphabet: 'base64url' })}.${signature.toBase64({ alphabet: 'base64url' })}`
    const headers = { 'Set-Cookie': `ticket=${ticket}; Path=/; HttpOnly; SameSite=Lax` }
    return Response.json({ state: 'waiting', number }, { headers })
  },
}
