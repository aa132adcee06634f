/**
 * `npm run grafana`: writes examples/grafana/waiting-room.json, the dashboard of `/metrics`.
 * Metric names come from the table of figures, and the types of Grafana's SDK check the rest.
 * `-- --check` writes nothing and fails if the file is out of date.
 */
import {
  DashboardBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import type { DistributionName, GaugeName, LoadName, TotalName } from '../src/core/figures.ts'
import { FIGURES } from '../src/core/figures.ts'
import { writeOrCheck } from './made-file.ts'

const FILE = new URL('../examples/grafana/waiting-room.json', import.meta.url).pathname
const SOURCE = { type: 'prometheus', uid: '$source' }
const ROOMS = '{room=~"$room"}'
const PANEL_HEIGHT = 8
const PANEL_WIDTH = 12

interface Curve {
  readonly expr: string
  readonly legend: string
}

interface Panel {
  readonly title: string
  readonly unit: 'short' | 's' | 'percentunit' | 'cpm'
  readonly help?: string
  readonly curves: readonly Curve[]
}

const metric = (name: string) => `waiting_room_${name}${ROOMS}`

const gauge = (name: GaugeName, legend: string): Curve => ({ expr: metric(FIGURES[name].metric), legend })

/** Events per minute. */
const perMinute = (name: TotalName | LoadName, legend: string): Curve => ({
  expr: `60 * rate(${metric(`${FIGURES[name].metric}_total`)}[$__rate_interval])`,
  legend,
})

const quantile = (histogram: string, share: number): Curve => ({
  expr: `histogram_quantile(${share}, sum by (room, le) (rate(${metric(`${histogram}_bucket`)}[$__rate_interval])))`,
  legend: share === 0.5 ? 'median' : `${share * 100}%`,
})

const durations = (title: string, name: DistributionName): Panel => ({
  title,
  unit: 's',
  help: FIGURES[name].help,
  curves: [quantile(FIGURES[name].metric, 0.5), quantile(FIGURES[name].metric, 0.9)],
})

const SECTIONS: readonly { readonly title: string; readonly panels: readonly Panel[] }[] = [
  {
    title: 'People',
    panels: [
      {
        title: 'On the site and in line',
        unit: 'short',
        curves: [
          gauge('active', 'on the site'),
          gauge('capacity', 'capacity'),
          gauge('waiting', 'waiting'),
          gauge('absent', 'absent'),
          gauge('offered', 'on their way'),
          gauge('lent', 'lent'),
        ],
      },
      {
        title: 'Per minute',
        unit: 'cpm',
        curves: [
          perMinute('joined', 'joined'),
          perMinute('admitted', 'admitted'),
          { expr: `60 * ${metric(FIGURES.newUsersPerMinute.metric)}`, legend: 'admission limit' },
          perMinute('left', 'left'),
          perMinute('expired', 'fell silent'),
          perMinute('returned', 'returned'),
        ],
      },
      durations('Wait', 'waits'),
      durations('Wait of visitors who gave up', 'abandonedWaits'),
      durations('Time on the site', 'siteTimes'),
      {
        title: 'Stays that ended otherwise, per minute',
        unit: 'cpm',
        curves: [
          {
            expr: `60 * rate(${metric(`${FIGURES.abandonedWaits.metric}_count`)}[$__rate_interval])`,
            legend: 'gave up',
          },
          perMinute('noShows', 'never came'),
          perMinute('ended', 'ended by a limit'),
          perMinute('forgotten', 'absent for too long'),
          perMinute('limitedReturns', 'returned too often'),
          perMinute('lentBack', 'lent slots returned'),
        ],
      },
      { title: 'In line, by lane', unit: 'short', curves: [{ expr: metric('waiting_in_lane'), legend: '{{lane}}' }] },
    ],
  },
  {
    title: 'Site',
    panels: [
      {
        title: 'Requests and errors of the site, per minute',
        unit: 'cpm',
        curves: [perMinute('originRequests', 'requests'), perMinute('originErrors', 'errors')],
      },
      {
        title: 'Latency of the site',
        unit: 's',
        curves: [quantile('origin_response_seconds', 0.5), quantile('origin_response_seconds', 0.9)],
      },
      {
        title: 'Admission that the origin guard allows',
        unit: 'percentunit',
        curves: [gauge('admissionFactor', 'share')],
      },
      {
        title: 'Pages without the beacon, per minute',
        unit: 'cpm',
        curves: [
          { expr: `60 * rate(${metric('pages_without_beacon_total')}[$__rate_interval])`, legend: '{{reason}}' },
        ],
      },
    ],
  },
  {
    title: 'Entrance',
    panels: [
      {
        title: 'Refused, per minute',
        unit: 'cpm',
        curves: [
          perMinute('limited', 'by address'),
          perMinute('limitedByNetwork', 'by network'),
          perMinute('limitedByClient', 'by client'),
          perMinute('fullAnswers', 'full line, or nobody may wait'),
          perMinute('foreign', 'tokens of another client'),
          perMinute('proofsRefused', 'wrong proofs of work'),
          perMinute('infiniteAnswers', 'answers of the infinite queue'),
        ],
      },
      {
        title: 'Joins by network, per minute',
        unit: 'cpm',
        curves: [
          perMinute('joinedFromQuietNetworks', 'first 3 of a network'),
          perMinute('joinedFromSharedNetworks', '4th to 20th'),
          perMinute('joinedFromBusyNetworks', '21st to 200th'),
          perMinute('joinedFromCrowdedNetworks', 'after 200 others'),
        ],
      },
      {
        title: 'Checks before joining, per minute',
        unit: 'cpm',
        curves: [
          perMinute('checksPassed', 'passed'),
          perMinute('checksFailed', 'failed'),
          perMinute('checksOverlooked', 'failed, may join'),
          perMinute('checksUnreachable', 'no verdict'),
          perMinute('proofsSolved', 'proofs of work solved'),
          perMinute('slowJoins', 'joined the slow lane'),
        ],
      },
      {
        title: 'Access keys, per minute',
        unit: 'cpm',
        curves: [
          perMinute('keysRedeemed', 'redeemed'),
          perMinute('keysRefused', 'refused'),
          perMinute('keysMissing', 'came without one'),
          perMinute('keyTakeOvers', 'moved to another device'),
          perMinute('keyPasses', 'past the room'),
        ],
      },
    ],
  },
  {
    title: 'Room',
    panels: [
      { title: 'Room answers', unit: 'short', curves: [{ expr: metric('up'), legend: 'up' }] },
      {
        title: 'Calls and rows, per minute',
        unit: 'cpm',
        curves: [
          perMinute('calls', 'calls'),
          perMinute('gatheredCalls', 'through gatherers'),
          perMinute('rowsWritten', 'rows written'),
          perMinute('roomErrors', 'calls that failed'),
          perMinute('honoured', 'passes honoured'),
        ],
      },
    ],
  },
]

function panelOf({ title, unit, help, curves }: Panel): PanelBuilder {
  const panel = new PanelBuilder().title(title).unit(unit).datasource(SOURCE).height(PANEL_HEIGHT).span(PANEL_WIDTH)
  if (help !== undefined) panel.description(help)
  for (const [i, { expr, legend }] of curves.entries()) {
    const refId = String.fromCharCode(65 + i)
    panel.withTarget(
      new DataqueryBuilder().refId(refId).expr(expr).legendFormat(`{{room}} ${legend}`).datasource(SOURCE),
    )
  }
  return panel.min(0)
}

function dashboard(): DashboardBuilder {
  const built = new DashboardBuilder('Waiting room')
    .uid('edge-waiting-room')
    .tags(['waiting-room'])
    .time({ from: 'now-3h', to: 'now' })
    .refresh('30s')
    .withVariable(new DatasourceVariableBuilder('source').label('Prometheus').type('prometheus'))
    .withVariable(
      new QueryVariableBuilder('room')
        .label('Room')
        .datasource(SOURCE)
        .query('label_values(waiting_room_up, room)')
        .refresh(2)
        .multi(true)
        .includeAll(true),
    )
  for (const { title, panels } of SECTIONS) {
    built.withRow(new RowBuilder(title))
    for (const panel of panels) built.withPanel(panelOf(panel))
  }
  return built
}

writeOrCheck(FILE, `${JSON.stringify(dashboard().build(), null, 2)}\n`, 'npm run grafana')
