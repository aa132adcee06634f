import { describe, expect, it } from 'vitest'
import { parseRooms, type RoomSettings } from '../../src/settings/rooms.ts'
import { ClientBinding } from '../../src/tokens/client-binding.ts'
import { base64Url, importSigningKeys } from '../../src/tokens/signing-keys.ts'

const key = (name: string, byte: number) => `${name}:${base64Url(new Uint8Array(32).fill(byte))}`
const oldKeys = await importSigningKeys(key('old', 1))
const rotated = await importSigningKeys(`${key('new', 2)},${key('old', 1)}`)
const newKeys = await importSigningKeys(key('new', 2))

function settings(bind_pass: string): RoomSettings {
  const { rooms } = parseRooms([{ name: 'r', total_active_users: 1, new_users_per_minute: 1, bind_pass }])
  return rooms?.[0] as RoomSettings
}

const request = (agent: string, address = '203.0.113.1') =>
  new Request('http://x/', { headers: { 'User-Agent': agent, 'CF-Connecting-IP': address } })

const bindingOf = (client: Request, bindPass = 'agent', keys = oldKeys) =>
  ClientBinding.of(client, settings(bindPass), keys) as ClientBinding

/** Whether a token with this binding counts for a client. */
async function counts(binding: string | undefined, client: ClientBinding): Promise<boolean> {
  const presented = { text: '', token: { binding } } as never
  return (await client.own([presented])).length === 1
}

describe('the binding of a token', () => {
  it('is absent in a room that binds no tokens', () => {
    expect(ClientBinding.of(request('a'), settings('none'), oldKeys)).toBeNull()
  })

  it('matches the client it was made for and no other', async () => {
    const binding = await bindingOf(request('a')).forToken()
    expect(await bindingOf(request('a')).forToken()).toBe(binding)
    expect(await counts(binding, bindingOf(request('a', '192.0.2.1')))).toBe(true)
    expect(await counts(binding, bindingOf(request('b')))).toBe(false)
    expect(await counts(binding, bindingOf(request('')))).toBe(false)
    expect(await counts('', bindingOf(request('a')))).toBe(false)
    expect(await counts(`x${binding.slice(1)}`, bindingOf(request('a')))).toBe(false)
  })

  it('depends on the signing key', async () => {
    const binding = await bindingOf(request('a')).forToken()
    expect(await bindingOf(request('a'), 'agent', newKeys).forToken()).not.toBe(binding)
  })

  it('survives key rotation', async () => {
    const binding = await bindingOf(request('a')).forToken()
    expect(await counts(binding, bindingOf(request('a'), 'agent', rotated))).toBe(true)
    expect(await counts(binding, bindingOf(request('b'), 'agent', rotated))).toBe(false)
    expect(await counts(binding, bindingOf(request('a'), 'agent', newKeys))).toBe(false)
  })

  it('still counts after the setting changes, so that no visitor with the same client loses a place', async () => {
    const byAgent = await bindingOf(request('a')).forToken()
    expect(await counts(byAgent, bindingOf(request('a'), 'agent-and-network'))).toBe(true)
    expect(await counts(byAgent, bindingOf(request('b'), 'agent-and-network'))).toBe(false)
    const byNetwork = await bindingOf(request('a'), 'agent-and-network').forToken()
    expect(await counts(byNetwork, bindingOf(request('a')))).toBe(true)
    expect(await counts(byNetwork, bindingOf(request('a', '192.0.2.1')))).toBe(false)
    expect(await counts(undefined, bindingOf(request('a')))).toBe(true)
  })

  it('differs between many clients and bounds long user agents', async () => {
    const first = await bindingOf(request('agent 0')).forToken()
    const all = await Promise.all(Array.from({ length: 2_500 }, (_, i) => bindingOf(request(`agent ${i}`)).forToken()))
    expect(new Set(all).size).toBe(2_500)
    expect(await bindingOf(request('agent 0')).forToken()).toBe(first)
    expect(await bindingOf(request('x'.repeat(9_000))).forToken()).toMatch(/^a[\w-]{12}$/)
  })
})
