import { describe, expect, it } from 'vitest'
import { mayMove, mustBeDurable, State, stateName } from '../../src/core/ticket-state.ts'

describe('the states of a ticket', () => {
  it('follow one another only by existing moves', () => {
    const states = [State.gone, State.waiting, State.offered, State.active, State.absent]
    const moves = states.flatMap((from) =>
      states.filter((to) => mayMove(from, to)).map((to) => `${stateName(from)} > ${stateName(to)}`),
    )
    expect(moves).toEqual([
      'gone > waiting',
      'gone > offered',
      'gone > active',
      'waiting > gone',
      'waiting > offered',
      'waiting > absent',
      'offered > gone',
      'offered > active',
      'offered > absent',
      'active > gone',
      'active > absent',
      'absent > gone',
      'absent > waiting',
    ])
  })

  it('are durable before an answer, except moves between waiting and absent', () => {
    expect(mustBeDurable(State.waiting, State.absent)).toBe(false)
    expect(mustBeDurable(State.absent, State.waiting)).toBe(false)
    for (const [from, to] of [
      [State.gone, State.waiting],
      [State.waiting, State.offered],
      [State.offered, State.absent],
      [State.absent, State.gone],
      [State.offered, State.active],
    ] as const) {
      expect(mustBeDurable(from, to)).toBe(true)
    }
  })
})
