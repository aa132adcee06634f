/** The network of a newcomer, as the number that the line counts joins by. */
import { expect, it } from 'vitest'
import { networkDetails } from '../../src/gate/join-network.ts'
import { parseRooms } from '../../src/settings/rooms.ts'
import { importSigningKeys } from '../../src/tokens/signing-keys.ts'

const limits = { total_active_users: 2, new_users_per_minute: 60 }
const [first, second] =
  parseRooms([
    { name: 'one', path: '/one', ...limits },
    { name: 'two', path: '/two', ...limits },
  ]).rooms ?? []
if (first === undefined || second === undefined) throw new Error('the settings cannot be used')
const keys = await importSigningKeys(`test:${'A'.repeat(43)}`)
const otherKeys = await importSigningKeys(`test:${'B'.repeat(43)}`)

async function networkOf(address: string | null, room = first, signedWith = keys): Promise<number | undefined> {
  const request = new Request('https://shop.test/', {
    headers: address === null ? {} : { 'CF-Connecting-IP': address },
  })
  return (await networkDetails(request, room as NonNullable<typeof room>, signedWith)).network
}

it('is the same for all addresses of an IPv4 /24 and of an IPv6 /48, and another one beside', async () => {
  const v4 = await networkOf('203.0.113.1')
  expect(v4).toBeLessThan(2 ** 32)
  expect(Number.isInteger(v4)).toBe(true)
  expect(await networkOf('203.0.113.254')).toBe(v4)
  expect(await networkOf('::ffff:203.0.113.7')).toBe(v4)
  expect(await networkOf('203.0.114.1')).not.toBe(v4)
  const v6 = await networkOf('2001:db8:7::1')
  expect(await networkOf('2001:db8:7:ffff::1')).toBe(v6)
  expect(await networkOf('2001:db8:8::1')).not.toBe(v6)
})

it('does not link rooms, and cannot be computed without the key', async () => {
  const known = await networkOf('203.0.113.1')
  expect(await networkOf('203.0.113.1', second)).not.toBe(known)
  expect(await networkOf('203.0.113.1', first, otherKeys)).not.toBe(known)
})

it('is missing without an address', async () => {
  expect(await networkOf(null)).toBeUndefined()
  expect(await networkOf('unknown')).toBeUndefined()
})
