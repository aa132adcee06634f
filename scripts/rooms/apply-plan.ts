/** Carries a plan out, or only asks the API whether it would take each step. */
import type { Outcome, RoomsApi } from './rooms-api.ts'
import type { Plan, Step } from './rooms-plan.ts'

/** Calls at once. */
const AT_ONCE = 8

export interface Failure {
  readonly room: string
  readonly problem: string
}

/**
 * Problems of documents. A conflict (409) does not count, since an earlier step may resolve it. A
 * token that may not write (403) cannot check anything, so nothing is reported.
 */
export async function checkPlan({ steps }: Plan, api: RoomsApi): Promise<readonly Failure[]> {
  const failures: Failure[] = []
  await inParallel(steps, async ({ room, document, etag }) => {
    if (document === null) return
    const { status, problem } = await api.put(room, document, etag, true)
    if (problem !== null && status !== 409 && status !== 403) failures.push({ room, problem })
  })
  return failures
}

/**
 * Deletions come first. A step that conflicts with a room that another step changes is tried again
 * after that one, as long as any step succeeds.
 */
export async function applyPlan(plan: Plan, api: RoomsApi, drains: boolean): Promise<readonly Failure[]> {
  const failures = new Map<string, string>()
  /** Returns the steps that are worth another try. */
  const run = async (steps: readonly Step[]): Promise<Step[]> => {
    const conflicting: Step[] = []
    await inParallel(steps, async (step) => {
      const { status, problem } = await carryOut(step, api, drains)
      if (problem === null) failures.delete(step.room)
      else failures.set(step.room, problem)
      if (problem !== null && status === 409) conflicting.push(step)
    })
    return conflicting
  }
  await run(plan.steps.filter(({ action }) => action === 'delete'))
  let left: readonly Step[] = plan.steps.filter(({ action }) => action !== 'delete')
  for (;;) {
    const conflicting = await run(left)
    if (conflicting.length === 0 || conflicting.length === left.length) break
    left = conflicting
  }
  return [...failures].map(([room, problem]) => ({ room, problem }))
}

function carryOut({ room, document, etag }: Step, api: RoomsApi, drains: boolean): Promise<Outcome> {
  return document === null ? api.remove(room, String(etag), drains) : api.put(room, document, etag)
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items]
  const worker = async () => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) await work(next)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}
