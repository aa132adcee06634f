/** Rooms and tickets as they are now, as schemas of the API: see schema-parts.ts. */
import * as v from 'valibot'
import { DISTRIBUTIONS, eachFigure, FIGURES, GAUGES, LOADS } from '../../core/figures.ts'
import { LINE_EVENTS } from '../../core/journal.ts'
import { GUARD_STATES, SITE_STATES } from '../../core/site-health.ts'
import { OUTCOMES } from '../../settings/route-explanation.ts'
import { about, count, figureNow, mode, roomName, seconds, time } from './schema-parts.ts'

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
