import { describe, expect, it } from 'vitest'
import { lineRules, parseRooms } from '../../src/settings/rooms.ts'

const room = (lanes?: unknown) => ({
  name: 'shop',
  total_active_users: 10,
  new_users_per_minute: 60,
  ...(lanes === undefined ? {} : { lanes }),
})
const problemsOf = (lanes: unknown) => parseRooms([room(lanes)]).problems

describe('the setting lanes', () => {
  it('becomes rules of the line, in order; without it the rules have none', () => {
    const lanes = [
      { name: 'members', weight: 30 },
      { name: 'sponsors', first: true },
      { name: 'regular', weight: 5 },
      { name: 'slow', weight: 2 },
    ]
    expect(problemsOf(lanes)).toEqual([])
    expect(lineRules(parseRooms([room(lanes)]).rooms?.[0]).lanes).toEqual([
      { name: 'members', weight: 30, first: false },
      { name: 'sponsors', weight: 0, first: true },
      { name: 'regular', weight: 5, first: false },
      { name: 'slow', weight: 2, first: false },
    ])
    expect(lineRules(parseRooms([room()]).rooms?.[0])).not.toHaveProperty('lanes')
  })

  it.each<[string, unknown, string]>([
    ['no list', 'members', 'ROOMS[0].lanes: must be a list of lanes'],
    ['a bad name', [{ name: 'Members!', weight: 1 }], 'ROOMS[0].lanes.0.name: must be 1 to 32 of a-z, 0-9 and "-"'],
    ['the lane skip', [{ name: 'skip', weight: 1 }], 'ROOMS[0].lanes.0.name: cannot be "skip"'],
    ['neither weight nor first', [{ name: 'members' }], 'ROOMS[0].lanes.0: needs one of "weight" and "first = true"'],
    ['both', [{ name: 'members', weight: 1, first: true }], 'ROOMS[0].lanes.0: needs one of'],
    ['first for a lane of every room', [{ name: 'slow', first: true }], 'ROOMS[0].lanes.0: "regular" and "slow" can'],
    [
      'a weight of 0',
      [{ name: 'members', weight: 0 }],
      'ROOMS[0].lanes.0.weight: must be a whole number from 1 to 1000',
    ],
    [
      'an unknown key',
      [{ name: 'members', weight: 1, wieght: 2 }],
      'ROOMS[0].lanes.0.wieght: there is no such setting',
    ],
    ['five lanes', [1, 2, 3, 4, 5].map((i) => ({ name: `lane-${i}`, weight: i })), 'ROOMS[0].lanes: at most 4 lanes'],
    [
      'one name twice',
      [
        { name: 'members', weight: 1 },
        { name: 'members', first: true },
      ],
      'ROOMS[0].lanes: two lanes have the same name',
    ],
  ])('refuses %s', (_, lanes, problem) => {
    expect(problemsOf(lanes)).toEqual([expect.stringContaining(problem)])
  })
})
