/** The crowds and rooms that the estimate is calibrated on. */
import type { LineRules } from '../src/core/rules.ts'
import { rules } from '../test/core/support/rules.ts'
import type { Scenario } from './calibration.ts'

const MINUTES = 40

/** As by default: leavers far from the front are found later. */
const POLLS = { pollIntervalMaxSeconds: 30 }

/** Each room admits this many per minute, bound by its rate or by the end of sessions. */
const ROOMS: readonly {
  readonly name: string
  readonly perMinute: number
  readonly rules: LineRules
  readonly stayMinutes: number
}[] = [
  {
    name: 'bound by the rate',
    perMinute: 30,
    rules: rules({ ...POLLS, capacity: 100_000, ratePerMinute: 30 }),
    stayMinutes: 2,
  },
  {
    name: 'bound by the capacity',
    perMinute: 25,
    rules: rules({ ...POLLS, capacity: 50, ratePerMinute: 600 }),
    stayMinutes: 2,
  },
]

/** Arrivals as a share of the admissions. */
const CROWDS: readonly { readonly name: string; readonly share: (minute: number) => number }[] = [
  { name: 'steady', share: () => 1.3 },
  { name: 'rising', share: (minute) => 0.8 + (1.4 * minute) / MINUTES },
  { name: 'falling', share: (minute) => 2.2 - (1.8 * minute) / MINUTES },
]

const PATIENCE: readonly { readonly name: string; readonly minutes: number }[] = [
  { name: 'patient', minutes: 120 },
  { name: 'giving up', minutes: 12 },
]

export const SCENARIOS: readonly Scenario[] = ROOMS.flatMap((room) =>
  CROWDS.flatMap((crowd) =>
    PATIENCE.map((patience) => ({
      name: `${room.name}, ${crowd.name}, ${patience.name}`,
      rules: room.rules,
      arrivalsPerMinute: (minute) => room.perMinute * crowd.share(minute),
      minutes: MINUTES,
      patienceMinutes: patience.minutes,
      stayMinutes: room.stayMinutes,
    })),
  ),
)
