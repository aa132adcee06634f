import { exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { Access } from '../../src/operators/access.ts'
import { parseSettings } from '../../src/settings/settings.ts'

const TEAM = 'team.cloudflareaccess.com'
const AUDIENCE = '4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2'
const NOW_MS = Date.UTC(2026, 10, 22)

type Key = Awaited<ReturnType<typeof generateKeyPair>>
const keys = new Map<string, Key>()
let published: JSONWebKeySet
let fetches: string[]
let fetchFails: boolean

beforeAll(async () => {
  for (const kid of ['first', 'second', 'stranger'])
    keys.set(kid, await generateKeyPair('RS256', { extractable: true }))
})

async function publish(...kids: string[]): Promise<void> {
  const jwk = async (kid: string) => ({ ...(await exportJWK((keys.get(kid) as Key).publicKey)), kid, alg: 'RS256' })
  published = { keys: await Promise.all(kids.map(jwk)) }
}

async function access(): Promise<Access> {
  await publish('first')
  fetches = []
  fetchFails = false
  return new Access({ teamDomain: TEAM, audience: AUDIENCE }, async (url) => {
    fetches.push(url)
    if (fetchFails) throw new Error('no answer')
    return published
  })
}

interface Claims {
  readonly kid?: string
  readonly issuer?: string
  readonly audience?: string
  readonly expires?: number
  readonly claims?: Record<string, unknown>
}

async function request({
  kid = 'first',
  issuer = `https://${TEAM}`,
  audience = AUDIENCE,
  expires = 60,
  claims,
}: Claims) {
  const text = await new SignJWT(claims ?? { email: 'ada@example.com' })
    .setProtectedHeader({ alg: 'RS256', kid })
    .setIssuer(issuer)
    .setAudience([audience])
    .setExpirationTime(NOW_MS / 1000 + expires)
    .sign((keys.get(kid) as Key).privateKey)
  return new Request('https://shop.example/', { headers: { 'Cf-Access-Jwt-Assertion': text } })
}

describe('a user admitted by Cloudflare Access', () => {
  it('is an operator by their address, a service token by its name', async () => {
    const gate = await access()
    expect(await gate.operatorOf(await request({}), NOW_MS)).toEqual({ name: 'ada@example.com', kind: 'full' })
    const service = await request({ claims: { common_name: 'robot.access' } })
    expect(await gate.operatorOf(service, NOW_MS)).toEqual({ name: 'robot.access', kind: 'full' })
    expect(fetches).toEqual([`https://${TEAM}/cdn-cgi/access/certs`])
  })

  it.each([
    ['of another application', { audience: 'another' }],
    ['of another team', { issuer: 'https://other.cloudflareaccess.com' }],
    ['that is over', { expires: -1 }],
    ['signed by someone else', { kid: 'stranger' }],
    ['for nobody', { claims: {} }],
  ])('is nobody with a token %s', async (_, claims: Claims) => {
    const gate = await access()
    expect(await gate.operatorOf(await request(claims), NOW_MS)).toBeNull()
  })

  it('is nobody without a token or with a malformed one, for which no key is fetched', async () => {
    const gate = await access()
    expect(await gate.operatorOf(new Request('https://shop.example/'), NOW_MS)).toBeNull()
    const broken = new Request('https://shop.example/', { headers: { 'Cf-Access-Jwt-Assertion': 'x.y.z' } })
    expect(await gate.operatorOf(broken, NOW_MS)).toBeNull()
    expect(fetches).toEqual([])
  })

  it('is accepted by the known keys while Access is unreachable', async () => {
    const gate = await access()
    await gate.operatorOf(await request({}), NOW_MS)
    fetchFails = true
    const later = NOW_MS + 2 * 3_600_000
    expect(await gate.operatorOf(await request({ expires: 3 * 3600 }), later)).not.toBeNull()
    expect(await gate.operatorOf(await request({ kid: 'stranger', expires: 3 * 3600 }), later + 31_000)).toBeNull()
    expect(fetches).toHaveLength(3)
  })

  it('is accepted by a new key soon after its publication, and unknown keys cause few fetches', async () => {
    const gate = await access()
    await gate.operatorOf(await request({}), NOW_MS)
    await publish('first', 'second')
    expect(await gate.operatorOf(await request({ kid: 'second' }), NOW_MS + 1_000)).toBeNull()
    expect(await gate.operatorOf(await request({ kid: 'second' }), NOW_MS + 30_000)).not.toBeNull()
    for (let i = 0; i < 5; i++) await gate.operatorOf(await request({ kid: 'stranger' }), NOW_MS + 31_000 + i)
    expect(fetches).toHaveLength(2)
  })
})

describe('the settings of Access', () => {
  const problemsOf = (access: object) => {
    const raw = { ROOMS: [{ name: 'shop', total_active_users: 1, new_users_per_minute: 1 }], ...access }
    try {
      return parseSettings(raw).access
    } catch (error) {
      return (error as { problems: readonly string[] }).problems
    }
  }

  it('are set together or not at all', () => {
    expect(problemsOf({})).toBeNull()
    expect(problemsOf({ ACCESS_TEAM_DOMAIN: TEAM, ACCESS_AUD: AUDIENCE })).toEqual({
      teamDomain: TEAM,
      audience: AUDIENCE,
    })
    expect(problemsOf({ ACCESS_TEAM_DOMAIN: TEAM })).toEqual([expect.stringMatching(/^ACCESS_AUD: /)])
    expect(problemsOf({ ACCESS_AUD: AUDIENCE })).toEqual([expect.stringMatching(/^ACCESS_TEAM_DOMAIN: /)])
    expect(problemsOf({ ACCESS_TEAM_DOMAIN: `https://${TEAM}`, ACCESS_AUD: 'x' })).toHaveLength(2)
  })
})
