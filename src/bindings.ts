/** The bindings of a waiting room, by their names in wrangler.toml, and what needs them. */

export interface Bindings {
  /** The rooms' objects: the class `WaitingRoom`. */
  readonly WAITING_ROOM: DurableObjectNamespace
  /** Counts failed logins: the class `LoginGuard`. */
  readonly LOGIN_GUARD?: DurableObjectNamespace | undefined
  /** Between very many isolates and a room's object: the class `Gatherer`. */
  readonly GATHERER?: DurableObjectNamespace | undefined
  /** Queue of delayed checks of silent visitors. */
  readonly CHECKS?: Queue | undefined
  /** Queue of alerts. */
  readonly ALERTS?: Queue | undefined
  /** Figures of each room, for queries. */
  readonly FIGURES?: AnalyticsEngineDataset | undefined
  /** Limits newcomers of one address. */
  readonly JOIN_LIMIT?: RateLimit | undefined
  /** Limits newcomers of one network. */
  readonly JOIN_LIMIT_NETWORK?: RateLimit | undefined
  /** Files that rooms name. In the deployable Worker also the operators' page. */
  readonly ASSETS?: Fetcher | undefined
  /** The origin, instead of `ORIGIN_URL`. */
  readonly ORIGIN?: Fetcher | undefined
  /** Sends mail, for alerts. */
  readonly EMAIL?: SendEmail | undefined
}

/** Bindings that a waiting room works without, and what does not work then. */
const OPTIONAL_BINDINGS = {
  LOGIN_GUARD: "the operators' API and page are off",
  GATHERER: 'a room takes the calls of about 2,500 isolates at most',
  CHECKS: 'a room that no visitor calls finds silent visitors by its alarm only, up to a minute later',
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
