/**
 * The API's response bodies as schemas. The OpenAPI document is made from them, and the tests check
 * every response against them. Objects are open: fields may be added.
 */
import * as v from 'valibot'
import { ALERT_METRICS } from '../../core/alert-rules.ts'
import {
  DISTRIBUTIONS,
  eachFigure,
  FIGURES,
  type FigureName,
  GAUGES,
  LOADS,
  PERCENTILES,
  SAMPLED_GAUGES,
  SAMPLED_TOTALS,
} from '../../core/figures.ts'
import { LINE_EVENTS } from '../../core/journal.ts'
import { GUARD_STATES, SITE_STATES } from '../../core/site-health.ts'
import { WHO_CAME_TOTALS } from '../../core/who-came.ts'
import { eventEntries } from '../../settings/event-schema.ts'
import { OUTCOMES } from '../../settings/route-explanation.ts'
import { RUNTIME_KEYS, type RuntimeKey, runtimeEntries } from '../../settings/runtime-settings.ts'

const about = <S extends v.GenericSchema>(schema: S, description: string) => v.pipe(schema, v.description(description))
const count = (description: string) => about(v.pipe(v.number(), v.integer(), v.minValue(0)), description)
const time = v.pipe(v.string(), v.isoTimestamp())
const seconds = (description: string) => about(v.nullable(v.number()), description)
const roomName = v.string()
const figureNow = (name: FigureName) => {
  const { unit, help } = FIGURES[name]
  return unit === 'count' ? count(help) : about(v.number(), help)
}
const mode = about(
  v.picklist(['open', 'queue-all', 'paused']),
  'queue-all: everyone waits and only operators admit. paused: nobody is admitted.',
)

export const problemSchema = v.looseObject({
  type: v.string(),
  title: v.string(),
  status: v.number(),
  detail: v.optional(about(v.string(), 'How to fix it.')),
  problems: v.optional(v.array(v.looseObject({ key: v.string(), problem: v.string() }))),
})

const siteState = v.picklist(SITE_STATES)
const siteLimit = v.looseObject({
  warn: v.number(),
  bad: v.number(),
  from: about(v.picklist(['room', 'default']), 'default: the room sets no limit; this one is only displayed.'),
})
const site = about(
  v.looseObject({
    state: about(
      siteState,
      'The worst of errors, latency and origin guard; unknown: no requests were sent to the site.',
    ),
    errorState: siteState,
    latencyState: siteState,
    windowSeconds: about(v.number(), 'How many seconds back the figures reach.'),
    requests: v.number(),
    errors: v.number(),
    errorRatio: v.nullable(v.number()),
    latencyMsP90: about(v.nullable(v.number()), 'The p90 of each tick, averaged with its requests as weights.'),
    errorsRise: about(v.boolean(), 'Errors are clearly more frequent than in the preceding 8 minutes.'),
    guard: about(v.picklist(GUARD_STATES), 'The origin guard. admissionFactor says by how much it slows admission.'),
    limits: v.looseObject({ errorRatio: siteLimit, latencyMs: siteLimit }),
  }),
  'The health of the site behind the room.',
)

const routeEntries = { host: about(v.nullable(v.string()), 'null: any host.'), path: v.string() }

export const explanationSchema = v.looseObject({
  url: v.string(),
  room: about(v.nullable(roomName), 'null: no room covers the request, which goes to the site.'),
  endpoint: about(v.boolean(), 'The URL is one of the endpoints of the waiting room itself.'),
  redirectMode: about(v.boolean(), 'The URL is the entrance of a room of redirect mode.'),
  bypassRule: about(v.nullable(v.number()), 'The first rule of `bypass`, from 1, by which the request skips the room.'),
  candidates: about(
    v.array(
      v.looseObject({
        room: roomName,
        ...routeEntries,
        conditions: about(v.number(), 'Of the rule of `match`; 0: the room has none.'),
        outcome: about(
          v.picklist(OUTCOMES),
          '`less-specific`: it covers the request, but another is more specific. Otherwise what does not fit.',
        ),
        unmet: about(v.array(v.string()), 'The conditions that the request does not meet.'),
      }),
    ),
    'The routes that come near, the nearest first.',
  ),
})

export const roomsSchema = v.looseObject({
  rooms: v.array(
    v.looseObject({
      name: roomName,
      host: about(v.nullable(v.string()), 'Of the first route; null: any host.'),
      path: about(v.string(), 'Of the first route.'),
      routes: about(v.array(v.looseObject(routeEntries)), 'All that the room covers.'),
      match: about(v.array(v.record(v.string(), v.unknown())), 'The rules that narrow it; none: every request.'),
      reachable: v.boolean(),
      mode: v.nullable(mode),
      closed: v.nullable(v.boolean()),
      suspended: v.nullable(v.boolean()),
      soldOut: v.nullable(v.boolean()),
      active: v.nullable(v.number()),
      capacity: v.nullable(v.number()),
      waiting: v.nullable(v.number()),
      admittedPerMinute: v.nullable(v.number()),
      admissionFactor: v.nullable(v.number()),
      site: v.nullable(site),
    }),
  ),
  preview: about(
    v.looseObject({ states: v.array(v.string()), languages: v.array(v.string()) }),
    'The values of `state` and `lang` that /admin/preview accepts.',
  ),
})

export const statsSchema = v.looseObject({
  room: roomName,
  run: about(v.nullable(v.number()), 'Identifies the current numbering of tickets; null: nobody has joined yet.'),
  at: time,
  mode,
  closed: about(v.boolean(), 'Newcomers are turned away.'),
  suspended: about(v.boolean(), 'The room is off: requests go straight to the site.'),
  soldOut: about(v.boolean(), 'Nobody is admitted any more, and newcomers are turned away.'),
  ...eachFigure(GAUGES, figureNow),
  nextNumber: v.number(),
  ...eachFigure(LOADS, figureNow),
  frontier: about(v.number(), '1 + the highest number ever admitted.'),
  lanes: about(
    v.optional(
      v.array(
        v.looseObject({
          name: v.string(),
          waiting: v.number(),
          firstNumber: about(
            v.number(),
            'The number within the lane, which visitors see, is number - firstNumber + 1.',
          ),
          nextNumber: v.number(),
          frontier: v.number(),
        }),
      ),
    ),
    'The lanes with tickets in this run, besides the regular line. Missing: none.',
  ),
  admittedPerMinute: v.nullable(v.number()),
  waitSecondsP50: seconds('Median wait of the last admissions.'),
  waitSecondsP90: seconds('90th percentile of the waits of the last admissions.'),
  site,
  totals: v.record(v.string(), v.number()),
  pagesWithoutBeacon: about(v.record(v.string(), count('Pages.')), 'Pages that got no beacon script, by reason.'),
  ...eachFigure(DISTRIBUTIONS, (name) =>
    about(v.looseObject({ counts: v.array(v.number()), sumSeconds: v.number() }), FIGURES[name].help),
  ),
})

export const historySchema = v.looseObject({
  room: roomName,
  from: time,
  to: time,
  step: v.picklist(['10s', '1m', '1h']),
  points: v.array(
    v.looseObject({
      at: about(time, 'Start of the step.'),
      samples: v.number(),
      ...eachFigure([...SAMPLED_GAUGES, ...SAMPLED_TOTALS], () => v.number()),
      ...eachFigure(PERCENTILES, () => v.nullable(v.number())),
    }),
  ),
})

const share = (description: string) => about(v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1))), description)

const whoCameEntries = {
  ...eachFigure(WHO_CAME_TOTALS, figureNow),
  joinedFromUnknownNetworks: count('Joins without a known network.'),
  suspectedShare: share(
    'Joins from crowded networks and joins after a failed check, as a share of all joins; null without joins.',
  ),
}

export const whoCameSchema = v.looseObject({ room: roomName, from: time, to: time, ...whoCameEntries })

const bucketEntries = {
  upToSeconds: about(v.nullable(v.number()), 'Upper bound; null: longer than all others.'),
  count: v.number(),
}
const durationEntries = {
  count: v.number(),
  meanSeconds: v.nullable(v.number()),
  p50Seconds: about(v.nullable(v.number()), 'As exact as the buckets.'),
  p90Seconds: v.nullable(v.number()),
  buckets: v.array(v.looseObject(bucketEntries)),
}
const durations = (description: string) => about(v.looseObject(durationEntries), description)

export const adviceSchema = v.looseObject({
  room: roomName,
  from: time,
  to: time,
  minutes: count('Minutes with samples.'),
  arrivalsPerMinuteP99: about(v.nullable(v.number()), 'Newcomers; 99 % of the minutes had no more.'),
  sessions: count('Sessions that ended.'),
  timeOnSiteSecondsMean: seconds('Mean length of these sessions.'),
  timeOnSiteSecondsP50: seconds('Median length.'),
  timeOnSiteSecondsP90: seconds('90th percentile of the length.'),
  suggested: about(
    v.nullable(v.looseObject({ total_active_users: v.number(), new_users_per_minute: v.number() })),
    'At these thresholds nobody waits in 99 % of the minutes. null: fewer than 60 minutes or 100 sessions.',
  ),
})

const eventSchema = v.looseObject({
  sequence: v.number(),
  at: time,
  number: v.number(),
  event: v.picklist(LINE_EVENTS),
  from: v.nullable(v.string()),
})

export const journalSchema = v.looseObject({
  room: roomName,
  run: v.nullable(v.number()),
  entries: v.array(v.looseObject({ sequence: v.number(), atMs: v.number(), number: v.number(), event: v.string() })),
  last: v.number(),
  lost: about(v.boolean(), 'Events between "after" and the first entry are no longer kept.'),
})

export const ticketSchema = v.looseObject({
  room: roomName,
  run: v.number(),
  number: v.number(),
  lane: about(v.optional(v.string()), 'Missing: the regular line.'),
  laneNumber: about(v.optional(v.number()), "The number within the lane, which the visitor's page shows."),
  state: v.picklist(['waiting', 'offered', 'active', 'absent', 'gone']),
  position: about(v.nullable(v.number()), 'Visitors ahead in the same line + 1; null: not waiting.'),
  joinedAt: about(
    v.nullable(time),
    'Exact while the event is kept, otherwise within the time that 64 visitors took to join.',
  ),
  admitted: v.picklist(['yes', 'no', 'unknown']),
  admittedAt: v.nullable(time),
  ended: about(
    v.nullable(v.picklist(['left', 'revoked', 'expired', 'forgotten', 'missed', 'ended', 'unknown'])),
    'Why the stay ended; unknown: the event is no longer kept; null: it has not ended.',
  ),
  endedAt: v.nullable(time),
  events: v.array(eventSchema),
})

const settingSchema = <S extends v.GenericSchema>(value: S) =>
  v.looseObject({
    value: v.nullable(value),
    deployed: v.nullable(value),
    override: about(
      v.nullable(v.looseObject({ at: time, by: v.string() })),
      'Who set it, and when; null: the deployed value holds.',
    ),
  })

const settingEntries = Object.fromEntries(
  RUNTIME_KEYS.map((key) => [key, settingSchema(runtimeEntries[key] as v.GenericSchema)]),
) as Record<RuntimeKey, ReturnType<typeof settingSchema>>

export const settingsSchema = v.looseObject({
  room: roomName,
  settings: v.looseObject(settingEntries),
  deployedOnly: about(v.record(v.string(), v.unknown()), 'Settings that only a deploy changes.'),
})

export const actionSchema = v.looseObject({
  room: roomName,
  action: v.string(),
  result: about(v.record(v.string(), v.unknown()), 'The effect: counts, states, the new run.'),
  settings: v.looseObject(settingEntries),
})

const auditValues = v.record(v.string(), v.unknown())
const auditEntry = v.looseObject({
  id: v.number(),
  at: time,
  who: about(v.string(), 'The name of the token or of the person; "deployment": a deploy replaced an override.'),
  action: v.string(),
  before: auditValues,
  after: auditValues,
})
export const auditSchema = v.looseObject({
  room: roomName,
  entries: v.array(auditEntry),
  next: about(
    v.nullable(v.number()),
    'The value of "before" for the next page of older entries; null: there are none.',
  ),
})

export const reportSchema = v.looseObject({
  room: roomName,
  from: about(time, 'Start of the time that the report covers. Days are whole, in UTC.'),
  to: time,
  resolution: about(v.picklist(['samples', 'days']), 'days: the time begins before the samples that are kept.'),
  step: about(v.picklist(['1m', '10m', '1h', '1d']), 'Of the points.'),
  samples: about(v.number(), 'Ticks in which somebody was in the room.'),
  totals: v.looseObject(eachFigure(SAMPLED_TOTALS, figureNow)),
  peakWaiting: count('The longest line.'),
  peakWaitingAt: about(v.nullable(time), 'Start of the step with the longest line; null: nobody waited.'),
  peakActive: count('The most slots taken.'),
  capacityUsedMean: about(v.nullable(v.number()), 'Slots taken as a share of the capacity, while anyone was there.'),
  capacityUsedPeak: v.nullable(v.number()),
  waits: durations('Waits of the admitted visitors.'),
  abandonment: about(
    v.looseObject({
      ...durationEntries,
      share: share('Of all whose wait ended.'),
      byWait: about(
        v.array(
          v.looseObject({
            ...bucketEntries,
            admitted: v.number(),
            share: share('Who gave up within this time, of those who waited that long; null: nobody did.'),
          }),
        ),
        'By the time waited.',
      ),
    }),
    'Waits of the visitors who gave up.',
  ),
  noShows: figureNow('noShows'),
  noShowShare: share('Of the admissions.'),
  timeOnSite: durations('Sessions that ended.'),
  turnedAway: count('Newcomers refused by join limits, the check before joining or the proof of work.'),
  whoCame: v.looseObject(whoCameEntries),
  points: about(
    v.array(
      v.looseObject({
        at: about(time, 'Start of the step.'),
        seconds: v.number(),
        samples: v.number(),
        joined: v.number(),
        admitted: v.number(),
        expired: v.number(),
        left: v.number(),
        returned: v.number(),
        noShows: v.number(),
        turnedAway: v.number(),
        abandoned: v.number(),
        peakWaiting: v.number(),
        peakActive: v.number(),
        capacity: v.number(),
        waitSecondsP50: v.nullable(v.number()),
        waitSecondsP90: v.nullable(v.number()),
        siteSecondsP50: v.nullable(v.number()),
      }),
    ),
    'Steps without a sample are left out.',
  ),
  changes: about(v.array(auditEntry), 'Changes by operators, newest first.'),
  changesComplete: about(v.boolean(), 'false: there are more, which are left out.'),
})

export const eventJsonSchema = v.looseObject({
  id: v.string(),
  phase: v.picklist(['none', 'lobby', 'drawing', 'running', 'ended']),
  source: about(
    v.picklist(['api', 'deployed', 'override']),
    'override: an operator has changed an event of wrangler.toml; DELETE restores it.',
  ),
  changedAt: time,
  changedBy: v.string(),
  ...eventEntries,
})

export const eventsSchema = v.looseObject({
  room: roomName,
  events: v.array(eventJsonSchema),
  refused: about(
    v.array(v.looseObject({ id: v.string(), problem: v.string() })),
    'Events of wrangler.toml whose last change is not in force, and why.',
  ),
})

export const eventDetailsSchema = v.looseObject({
  room: roomName,
  event: eventJsonSchema,
  effective: about(v.record(v.string(), v.unknown()), 'Settings during the event, inherited ones filled in.'),
  commitment: about(v.nullable(v.string()), 'SHA-256 of the secret of the draw; null until the lobby opens.'),
  draw: about(v.nullable(v.looseObject({})), 'The public record of the draw; null: it is not made.'),
})

export const alertsSchema = v.looseObject({
  room: roomName,
  rules: v.array(
    v.looseObject({
      name: v.string(),
      metric: v.picklist(ALERT_METRICS),
      state: v.picklist(['ok', 'pending', 'firing', 'resolved']),
      since: v.nullable(time),
      value: v.nullable(v.number()),
    }),
  ),
  channels: v.array(
    v.looseObject({
      name: v.string(),
      type: v.string(),
      disabled: v.nullable(v.looseObject({ since: time, reason: v.string() })),
    }),
  ),
  deliveries: v.array(
    v.looseObject({
      id: v.string(),
      channel: v.string(),
      kind: v.string(),
      rule: v.nullable(v.string()),
      state: v.string(),
      attempts: v.number(),
      reason: v.nullable(v.string()),
      created: time,
      updated: time,
    }),
  ),
})

export const testAlertsSchema = v.looseObject({ messages: v.array(v.string()) })

export const sessionSchema = v.looseObject({
  operator: v.looseObject({ name: v.string(), kind: v.picklist(['full', 'read']) }),
  via: v.picklist(['token', 'session', 'access']),
  expires: v.nullable(time),
})

export const keysSchema = v.looseObject({
  room: roomName,
  keys: v.array(
    v.looseObject({
      id: about(v.string(), 'Names the key in the other calls.'),
      key: v.string(),
      link: v.optional(about(v.string(), 'The address with the key, if the order has one.')),
      person: v.optional(about(v.string(), 'The id of the order.')),
    }),
  ),
})

export const keySchema = v.looseObject({
  room: roomName,
  id: v.string(),
  uses: about(v.nullable(v.number()), 'Places that the key is good for; null: revoked before its first use.'),
  used: about(v.number(), 'In this run.'),
  number: about(v.nullable(v.number()), 'The live place of the last use; null: it has ended, or is none.'),
  expires: time,
  revoked: v.boolean(),
})

export const revokedKeySchema = v.looseObject({
  room: roomName,
  id: v.string(),
  ended: about(v.number(), 'Places that ended.'),
  more: about(v.boolean(), 'The key has more places: repeat the call.'),
})
