/**
 * The health of the site as operators see it, by the limits of the room or by defaults for display.
 */
import { expect, it } from 'vitest'
import { ApiClient } from './support/api-client.ts'
import { until } from './support/operator-figures.ts'
import { room, useStage } from './support/stage.ts'

const FAST_TICKS = { check_interval_seconds: 5 }

const stage = useStage([
  room('sound', 5, FAST_TICKS),
  room('failing', 5, FAST_TICKS),
  room('tolerant', 5, { ...FAST_TICKS, origin_error_ratio_max: 0.5 }),
  room('strict', 5, { ...FAST_TICKS, origin_error_ratio_max: 0.05 }),
  room('untouched', 5),
])

interface Site {
  readonly state: string
  readonly requests: number
  readonly errorRatio: number | null
}

async function siteOf(name: string): Promise<Site> {
  return (await new ApiClient(stage.workerd).get(`/rooms/${name}/stats`)).json<{ site: Site }>().site
}

it.each([
  ['sound', 0, { state: 'good', errorRatio: 0, errorsRise: false, guard: 'off' }],
  [
    'failing',
    8,
    { state: 'bad', errorRatio: 0.4, errorsRise: true, limits: { errorRatio: { bad: 0.2, from: 'default' } } },
  ],
  ['tolerant', 8, { state: 'warn', errorRatio: 0.4, limits: { errorRatio: { bad: 0.5, from: 'room' } } }],
  ['strict', 2, { state: 'bad', errorRatio: 0.1, limits: { errorRatio: { bad: 0.05, from: 'room' } } }],
])('is reported with its limits for the room %s, with %i errors in 20 responses', async (name, errors, expected) => {
  const guest = await stage.guest(name)
  // The guest itself has sent one request.
  for (let i = 1; i < 20; i++) await guest.get(i <= errors ? '/failing' : '/echo')
  const site = await until(
    () => siteOf(name),
    ({ requests }) => requests >= 20,
  )
  expect(site).toMatchObject({ ...expected, requests: 20, errors, windowSeconds: 120 })
  const { rooms } = (await new ApiClient(stage.workerd).get('/rooms')).json<{ rooms: { name: string; site: Site }[] }>()
  expect(rooms.find((one) => one.name === name)?.site).toMatchObject(expected)
})

it('is unknown for a room that nobody has visited', async () => {
  expect(await siteOf('untouched')).toMatchObject({ state: 'unknown', requests: 0, errorRatio: null })
})
