/** The figures of a room over a period, as schemas of the API: see schema-parts.ts. */
import * as v from 'valibot'
import { eachFigure, PERCENTILES, SAMPLED_GAUGES, SAMPLED_TOTALS } from '../../core/figures.ts'
import { WHO_CAME_TOTALS } from '../../core/who-came.ts'
import { auditEntry } from './operator-schemas.ts'
import { about, count, figureNow, roomName, seconds, share, time } from './schema-parts.ts'

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
