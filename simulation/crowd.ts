/**
 * The size, speed and behaviour of the crowd. Most seeds are small, which makes rare interleavings
 * likely; some have room for almost everyone, some have hundreds of visitors, a few have thousands.
 */
import type { RoomSettings } from '../src/settings/rooms.ts'
import type { Random } from './random.ts'
import { ENDS, type Plan, STAYS, WAITS } from './visitor.ts'

export interface Crowd {
  readonly visitors: number
  readonly isolates: number
  readonly capacity: number
  readonly ratePerMinute: number
  arrivalMs(random: Random): number
  plan(random: Random, settings: RoomSettings): Plan
}

const THOUSANDS_EVERY = 100
const HUNDREDS_EVERY = 20
const ROOMY_EVERY = 10

export function crowdOf(seed: number, random: Random): Crowd {
  const isThousands = seed % THOUSANDS_EVERY === 50
  const isHundreds = seed % HUNDREDS_EVERY === 10 && !isThousands
  const stayMs = isThousands ? ([5_000, 20_000] as const) : ([5_000, 45_000] as const)
  const arrivals = { arrivalMs: (r: Random) => r.whole(0, 60_000), plan: planOf(stayMs) }
  if (isThousands) {
    const visitors = random.whole(1_000, 2_500)
    return { visitors, isolates: random.whole(8, 20), capacity: 500, ratePerMinute: 3_000, ...arrivals }
  }
  if (isHundreds) {
    const visitors = random.whole(100, 400)
    return { visitors, isolates: random.whole(3, 10), capacity: random.whole(60, 120), ratePerMinute: 600, ...arrivals }
  }
  if (seed % ROOMY_EVERY === 5) {
    // Mostly nobody waits, so isolates are lent slots.
    const visitors = random.whole(30, 80)
    const capacity = random.whole(Math.ceil(visitors / 3), 2 * visitors)
    const plan = planOf(stayMs)
    return {
      visitors,
      isolates: random.whole(1, 4),
      capacity,
      ratePerMinute: 600,
      arrivalMs: (r) => r.whole(0, 30_000),
      plan,
    }
  }
  const visitors = random.whole(3, 25)
  const capacity = random.whole(1, 10)
  return { visitors, isolates: random.whole(1, 5), capacity, ratePerMinute: random.pick([20, 60, 600]), ...arrivals }
}

function planOf([stayFromMs, stayToMs]: readonly [number, number]) {
  return (random: Random, settings: RoomSettings): Plan => ({
    wait: random.pick(WAITS),
    stay: random.pick(STAYS),
    end: random.pick(ENDS),
    patienceMs: random.whole(5_000, 60_000),
    stayMs: random.whole(stayFromMs, stayToMs),
    heartbeatTimeoutSeconds: settings.heartbeat_timeout_seconds,
    sessionTimeoutSeconds: settings.session_timeout_seconds,
    graceSeconds: settings.reclaim_grace_seconds,
    departureGraceSeconds: settings.departure_grace_seconds,
  })
}
