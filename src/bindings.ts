/** The bindings that a waiting room works without, and what does not work then. */
import type { Bindings } from './api.ts'

const OPTIONAL_BINDINGS = {
  LOGIN_GUARD: "the operators' API and page are off",
  GATHERER: 'a room takes the calls of about 2,500 isolates at most',
  DIRECTORY: 'rooms change by a deploy only',
  CHECKS: 'the alarm alone finds silent visitors; if the platform delays it, their slots are freed later',
  ALERTS: 'alerts and pushed figures are not sent',
  FIGURES: 'no figures in Analytics Engine',
  JOIN_LIMIT: 'newcomers are not limited per address',
  JOIN_LIMIT_NETWORK: 'newcomers are not limited per network',
  ASSETS: 'rooms cannot use templates and logos from files',
} as const satisfies { readonly [Binding in keyof Bindings]?: string }

/** The missing bindings, by name, with what does not work. */
export function missingBindings(bindings: Bindings): Readonly<Record<string, string>> {
  const all = Object.entries(OPTIONAL_BINDINGS) as [keyof typeof OPTIONAL_BINDINGS, string][]
  return Object.fromEntries(all.filter(([name]) => bindings[name] === undefined))
}
