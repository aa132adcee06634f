/** The origin library in workerd, where the site is a Worker, too. */
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { expect, it } from 'vitest'
import { passVerifier, redirectMode, remoteKeys, toResponse } from '../../origin/index.ts'

const { privateKey, publicKey } = await generateKeyPair('EdDSA')
const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'a', alg: 'EdDSA', use: 'sig' }] }
const keys = remoteKeys('https://wait.example/jwks.json', { fetch: async () => Response.json(jwks) })
const nowSeconds = Math.floor(Date.now() / 1000)

function token(typ: string, claims: JWTPayload): Promise<string> {
  const all = { iat: nowSeconds, exp: nowSeconds + 60, room: 'shop', run: 1, number: 2, ...claims }
  return new SignJWT(all).setProtectedHeader({ alg: 'EdDSA', kid: 'a', typ }).sign(privateKey)
}

it('verifies passes', async () => {
  const verify = passVerifier({ issuer: 'https://shop.example', audience: 'waiting-room:shop', jwks: keys })
  const pass = await token('JWT', { iss: 'https://shop.example', aud: 'waiting-room:shop' })
  const requestWith = (text: string) => new Request('https://shop.example/', { headers: { 'Waiting-Room-Pass': text } })
  expect(await verify(requestWith(pass))).toMatchObject({ state: 'valid', admission: { number: 2 } })
  expect(await verify(requestWith(`${pass.slice(0, -4)}AAAA`))).toMatchObject({ state: 'forged' })
})

it('exchanges a code for a session', async () => {
  const guard = redirectMode({
    waitingRoom: 'https://wait.example',
    room: 'shop',
    audience: 'shop.example',
    secret: 'a-secret-of-32-characters-or-more',
    keys,
  })
  const claims = { iss: 'https://wait.example', aud: 'shop.example', jti: 'one', session: 600, renew: 60 }
  const code = await token('waiting-room-code+jwt', claims)
  const page = { Accept: 'text/html' }
  const verdict = await guard.check(new Request(`https://shop.example/?waiting_room_code=${code}`, { headers: page }))
  if (verdict.admitted) throw new Error('no session yet')
  const response = toResponse(verdict.answer)
  expect(response.headers.get('Location')).toBe('https://shop.example/')
  const [cookie = ''] = response.headers.getSetCookie()
  const headers = { ...page, Cookie: cookie.split(';')[0] as string }
  expect((await guard.check(new Request('https://shop.example/', { headers }))).admitted).toBe(true)
})
