/**
 * Sites in Python and PHP that verify the passes of the real Worker by the keys that it publishes.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { passKey } from '../support/pass-keys.ts'
import { room } from '../support/stage.ts'
import { edited } from '../support/tokens.ts'
import { Visitor } from '../support/visitor.ts'
import { Workerd } from '../support/workerd.ts'
import { pass } from './support/issuer.ts'
import type { ServerProcess } from './support/process.ts'
import { PHP, PYTHON, startPhpSite, startPythonSite } from './support/sites.ts'

const HERE = { issuer: 'http://shop.test', audience: 'waiting-room:shop' }
const RUNTIMES = [
  ['Python', PYTHON !== null, startPythonSite],
  ['PHP', PHP !== null, startPhpSite],
] as const

describe.each(RUNTIMES)('a site in %s behind the room', (_, isHere, startSite) => {
  // The Worker signs with the first key and publishes both.
  const keys = [passKey('ours', 'ES256'), passKey('next')] as const
  let workerd: Workerd
  let site: ServerProcess

  beforeAll(async () => {
    if (!isHere) return
    const port = await freePort()
    workerd = await Workerd.start({
      rooms: [room('shop', 10), room('other', 5)],
      originUrl: `http://127.0.0.1:${port}`,
      secrets: { PASS_KEYS: keys.map(({ entry }) => entry).join(',') },
    })
    site = await startSite({ ...HERE, jwks_url: `http://127.0.0.1:${workerd.port}/__waiting-room/jwks.json` }, port)
  })
  afterAll(async () => {
    await site?.stop()
    await workerd?.stop()
  })

  const claims = { iss: HERE.issuer, aud: HERE.audience }
  const statusWith = async (token: string) => (await site.get('/tickets', { 'Waiting-Room-Pass': token })).status

  test.skipIf(!isHere)('serves admitted visitors, and nobody who waits or comes past the room', async () => {
    const guest = new Visitor(workerd, 'shop.test')
    const reply = await guest.get('/tickets')
    expect([reply.status, guest.holds]).toEqual([200, 'pass'])
    expect(reply.json()).toMatchObject({ site: true, pass: { ...claims, room: 'shop', number: guest.claims?.number } })
    await guest.leave()
    expect((await site.get('/tickets')).status).toBe(403)
  })

  test.skipIf(!isHere)('takes a genuine pass, and refuses an expired, a foreign and a forged one', async () => {
    const guest = new Visitor(workerd, 'shop.test')
    const { sent: genuine } = (await guest.get('/tickets')).json<{ sent: string }>()
    expect(await statusWith(genuine)).toBe(200)
    // The same key and claims, made by the test: each refusal below differs in one thing.
    expect(await statusWith(await pass(keys[0], claims))).toBe(200)
    const expired = { ...claims, exp: Math.floor(Date.now() / 1000) - 60 }
    expect(await statusWith(await pass(keys[0], expired))).toBe(403)
    expect(await statusWith(await pass(keys[0], { ...claims, aud: 'waiting-room:other' }))).toBe(403)
    expect(await statusWith(await pass(keys[0], { ...claims, iss: 'http://other.test' }))).toBe(403)
    expect(await statusWith(await pass(passKey('ours', 'ES256'), claims))).toBe(403)
    expect(await statusWith(edited(genuine, { number: 1_000 }))).toBe(403)
    // The visitor's own token is no pass for the site.
    expect(await statusWith(guest.token ?? '')).toBe(403)
  })

  test.skipIf(!isHere)('refuses visitors of another room of the same Worker', async () => {
    const stranger = new Visitor(workerd, 'other.test')
    expect((await stranger.get('/tickets')).status).toBe(403)
    expect(stranger.holds).toBe('pass')
  })

  test.skipIf(!isHere)('goes on when the next key signs', async () => {
    await workerd.restart({ secrets: { PASS_KEYS: `${keys[1].entry},${keys[0].entry}` } })
    const reply = await new Visitor(workerd, 'shop.test').get('/tickets')
    expect(reply.json()).toMatchObject({ site: true, pass: { room: 'shop' } })
  })
})
