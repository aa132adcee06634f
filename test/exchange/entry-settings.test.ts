/** The settings of fair entry that operators change at run time: on their way to the isolates. */
import { describe, expect, it } from 'vitest'
import { ENTRY_KEYS, entrySetting } from '../../src/settings/entry-settings.ts'
import { lineRules, parseRooms } from '../../src/settings/rooms.ts'
import { deployedValues, RUNTIME_KEYS } from '../../src/settings/runtime-settings.ts'
import { VirtualRoom } from './virtual-room.ts'

const [room] =
  parseRooms([{ name: 'r', total_active_users: 2, new_users_per_minute: 60, turnstile_mode: 'invisible' }]).rooms ?? []
if (room === undefined) throw new Error('the settings cannot be used')

const known = (snapshot: object) => ({ room, client: { view: { snapshot } } })

describe('a setting of fair entry', () => {
  it('can be changed at run time', () => {
    expect(RUNTIME_KEYS).toEqual(expect.arrayContaining(ENTRY_KEYS))
  })

  it('is the deployed one before the first snapshot, and where a snapshot lacks it', () => {
    expect(entrySetting({ room, client: { view: null } }, 'turnstile_mode')).toBe('invisible')
    expect(entrySetting(known({}), 'join_limit')).toBe(true)
    expect(entrySetting(known({ entry: { turnstile_mode: 'off' } }), 'join_limit')).toBe(true)
  })

  it('reaches an isolate with the next snapshot', async () => {
    const values = { ...deployedValues(room), turnstile_mode: 'off', join_limit: false } as const
    const { entry = {} } = lineRules(room, values)
    const virtual = new VirtualRoom({ entry })
    await virtual.client.join(virtual)
    const context = { room, client: virtual.client }
    const inForce = Object.fromEntries(ENTRY_KEYS.map((key) => [key, entrySetting(context, key)]))
    expect(inForce).toEqual(entry)
    expect(inForce).toMatchObject({ turnstile_mode: 'off', join_limit: false, turnstile_action: 'log' })
  })

  it('is understood between isolates and objects of two versions', async () => {
    expect(entrySetting(known({ turnstileMode: 'off' }), 'turnstile_mode')).toBe('off')
    const virtual = new VirtualRoom({ entry: { turnstile_mode: 'visible_managed' } })
    await virtual.client.join(virtual)
    expect(virtual.client.view?.snapshot.turnstileMode).toBe('visible_managed')
  })
})
