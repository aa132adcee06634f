/** The namespace of a jurisdiction, and the jurisdiction that rooms share. */
import { describe, expect, it } from 'vitest'
import { inJurisdiction, sharedJurisdiction } from '../../src/room/jurisdiction.ts'

class Namespace {
  readonly name: string
  readonly error: Error | null
  constructor(name: string, error: Error | null = null) {
    this.name = name
    this.error = error
  }
  jurisdiction(name: string): Namespace {
    if (this.error !== null) throw this.error
    return new Namespace(name)
  }
}

describe('inJurisdiction', () => {
  it('is the namespace of the jurisdiction, or the whole one without', () => {
    const all = new Namespace('all')
    expect(inJurisdiction(all, 'eu').name).toBe('eu')
    expect(inJurisdiction(all, undefined)).toBe(all)
  })

  it('is the whole namespace in the local runtime, which has no jurisdictions', () => {
    const local = new Namespace('local', new Error('Jurisdiction restrictions are not implemented in workerd.'))
    expect(inJurisdiction(local, 'eu')).toBe(local)
  })

  it('never ignores another error', () => {
    const refusing = new Namespace('all', new Error('Unknown jurisdiction'))
    expect(() => inJurisdiction(refusing, 'eu')).toThrow('Unknown jurisdiction')
  })
})

describe('sharedJurisdiction', () => {
  it.each([
    [[{ jurisdiction: 'eu' }, { jurisdiction: 'eu' }], 'eu'],
    [[{ jurisdiction: 'eu' }, {}], undefined],
    [[{}, { jurisdiction: 'eu' }], undefined],
    [[{ jurisdiction: 'eu' }, { jurisdiction: 'us' }], undefined],
    [[{}, {}], undefined],
  ] as const)('of %j is %s', (rooms, shared) => {
    expect(sharedJurisdiction(rooms)).toBe(shared)
  })
})
