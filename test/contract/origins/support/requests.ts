/** Requests that every origin with the checks must let in, and requests that it must refuse. */
import { createPublicKey, createSecretKey } from 'node:crypto'
import { SignJWT } from 'jose'
import { passKey } from '../../support/pass-keys.ts'
import { encoded } from '../../support/tokens.ts'
import { type Issuer, pass } from './issuer.ts'

export const SECRET = 'the-origin-secret-of-the-tests'

type Headers = Readonly<Record<string, string>>

export interface Sent {
  readonly title: string
  headers(issuer: Issuer): Promise<Headers> | Headers
}

const now = () => Math.floor(Date.now() / 1000)
const withPass = (token: string): Headers => ({ 'Waiting-Room-Pass': token })

/** Fits test.each with "%s". */
const listed = (cases: readonly Sent[]) => cases.map((sent) => [sent.title, sent] as const)

export const LET_IN = listed([
  { title: 'a pass with EdDSA', headers: async (issuer) => withPass(await pass(issuer.key('EdDSA'))) },
  { title: 'a pass with ES256', headers: async (issuer) => withPass(await pass(issuer.key('ES256'))) },
  {
    title: 'a pass that ended five seconds ago, for clocks that differ',
    headers: async (issuer) => withPass(await pass(issuer.key('EdDSA'), { exp: now() - 5 })),
  },
])

export const REFUSED = listed([
  { title: 'no pass', headers: () => ({}) },
  {
    title: 'an expired pass',
    headers: async (issuer) => withPass(await pass(issuer.key('ES256'), { exp: now() - 60 })),
  },
  {
    title: 'a pass of the future',
    headers: async (issuer) => withPass(await pass(issuer.key('EdDSA'), { iat: now() + 60, exp: now() + 120 })),
  },
  {
    title: 'a pass of another room',
    headers: async (issuer) => withPass(await pass(issuer.key('EdDSA'), { aud: 'waiting-room:other', room: 'other' })),
  },
  {
    title: 'a pass for another site',
    headers: async (issuer) =>
      withPass(await pass(issuer.key('EdDSA'), { iss: 'https://shop.example.attacker.example' })),
  },
  {
    title: 'a pass without an end',
    headers: async (issuer) => withPass(await pass(issuer.key('EdDSA'), { exp: undefined })),
  },
  {
    title: 'a pass of another issuer',
    headers: async () => withPass(await pass(passKey('foreign', 'ES256'))),
  },
  {
    title: 'a pass that another key signed in the name of ours',
    headers: async () => withPass(await pass(passKey('ed'))),
  },
  {
    title: 'an edited pass',
    headers: async (issuer) => {
      const [header, claims = '', signature] = (await pass(issuer.key('ES256'), { exp: now() - 60 })).split('.')
      const fields = JSON.parse(Buffer.from(claims, 'base64url').toString())
      return withPass([header, encoded({ ...fields, exp: now() + 60 }), signature].join('.'))
    },
  },
  {
    title: 'a pass without a signature',
    headers: async (issuer) => {
      const [, claims] = (await pass(issuer.key('EdDSA'))).split('.')
      return withPass(`${encoded({ alg: 'none', kid: 'ed', typ: 'JWT' })}.${claims}.`)
    },
  },
  {
    title: 'a pass with HS256 whose secret is our public key',
    headers: async (issuer) => {
      const { privateKey, kid } = issuer.key('ES256')
      const text = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' })
      const secret = createSecretKey(Buffer.from(text))
      const [, claims = ''] = (await pass(issuer.key('ES256'))).split('.')
      const fields = JSON.parse(Buffer.from(claims, 'base64url').toString())
      return withPass(await new SignJWT(fields).setProtectedHeader({ alg: 'HS256', kid, typ: 'JWT' }).sign(secret))
    },
  },
  {
    title: 'another token of the same key',
    headers: async (issuer) => {
      const { privateKey, kid, alg } = issuer.key('EdDSA')
      const [, claims = ''] = (await pass(issuer.key('EdDSA'))).split('.')
      const fields = JSON.parse(Buffer.from(claims, 'base64url').toString())
      return withPass(await new SignJWT(fields).setProtectedHeader({ alg, kid, typ: 'code' }).sign(privateKey))
    },
  },
  { title: 'text that is no pass', headers: () => withPass('a.b.c') },
  { title: 'an endless pass', headers: () => withPass(`${'a'.repeat(6_000)}.b.c`) },
])

/** For origins with the secret `SECRET`. */
export const SECRET_REFUSED = listed([
  { title: 'a wrong secret', headers: () => ({ 'Waiting-Room-Origin-Secret': `${SECRET.slice(0, -1)}!` }) },
  { title: 'the beginning of the secret', headers: () => ({ 'Waiting-Room-Origin-Secret': SECRET.slice(0, -1) }) },
  { title: 'an empty secret', headers: () => ({ 'Waiting-Room-Origin-Secret': '' }) },
  { title: 'no secret', headers: () => ({}) },
])
