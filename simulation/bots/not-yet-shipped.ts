/** Checks that the gate does not have yet, behind the gate's own interface. */
import type { JoinCheck } from '../../src/gate/join-check.ts'
import type { VisitContext } from '../../src/gate/visit.ts'
import type { Setting } from './settings.ts'

export class EntryChecks {
  readonly asksForKey: boolean

  constructor({ room }: Setting) {
    this.asksForKey = room.require_access_key === true
  }

  /** @param accessKey null: the newcomer has none */
  checked<T extends VisitContext>(context: T, accessKey: string | null): T {
    return this.asksForKey ? { ...context, joinCheck: checkOf(accessKey) } : context
  }
}

function checkOf(accessKey: string | null): JoinCheck {
  return {
    work: null,
    infiniteAnswer: async () => null,
    entry: async () => (accessKey === null ? null : { key: accessKey, details: {}, counts: [] }),
  }
}
