/** The figures and charts of fair entry for a span of the past. */
import type { WhoCame } from './api.ts'
import { Chart } from './chart.tsx'
import { type Span, timeline, useHistory, useSpanPolling } from './timeline.tsx'
import { percentText } from './words.ts'

const count = new Intl.NumberFormat()
const shortCount = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1, notation: 'compact' })

const NETWORKS = [
  { figure: 'joinedFromQuietNetworks', label: 'first 3 of a network', color: '--series-b' },
  { figure: 'joinedFromSharedNetworks', label: '4th to 20th', color: '--series-c' },
  { figure: 'joinedFromBusyNetworks', label: '21st to 200th', color: '--series-a' },
  { figure: 'joinedFromCrowdedNetworks', label: 'after 200 others', color: '--series-e' },
] as const

const CHECKS = [
  { figure: 'checksPassed', label: 'passed', color: '--series-b' },
  { figure: 'checksFailed', label: 'failed', color: '--series-e' },
  { figure: 'checksUnreachable', label: 'no verdict', color: '--series-c' },
] as const

const REFUSED = [
  { figure: 'limited', label: 'by address', color: '--series-a' },
  { figure: 'limitedByNetwork', label: 'by network', color: '--series-d' },
  { figure: 'limitedByClient', label: 'by client', color: '--series-c' },
  { figure: 'limitedReturns', label: 'returned too often', color: '--series-e' },
] as const

const PROOFS = [
  { figure: 'proofsSolved', label: 'solved', color: '--series-b' },
  { figure: 'proofsRefused', label: 'wrong or too late', color: '--series-e' },
  { figure: 'slowJoins', label: 'joined the slow lane', color: '--series-c' },
] as const

const KEYS = [
  { figure: 'keysRedeemed', label: 'redeemed', color: '--series-b' },
  { figure: 'keysRefused', label: 'refused', color: '--series-e' },
  { figure: 'keysMissing', label: 'came without one', color: '--series-c' },
  { figure: 'keyTakeOvers', label: 'moved to another device', color: '--series-a' },
] as const

type Figure = (typeof NETWORKS | typeof CHECKS | typeof PROOFS | typeof KEYS | typeof REFUSED)[number]['figure']

interface Row {
  readonly figure: Figure | 'joinedFromUnknownNetworks' | 'checksOverlooked' | 'infiniteAnswers' | 'keyPasses'
  readonly label: string
}

const GROUPS: readonly { readonly title: string; readonly rows: readonly Row[] }[] = [
  {
    title: 'Joined, by network',
    rows: [...NETWORKS, { figure: 'joinedFromUnknownNetworks', label: 'network not known' }],
  },
  {
    title: 'Checks before joining',
    rows: [
      ...CHECKS,
      { figure: 'checksOverlooked', label: 'failed, may join' },
      { figure: 'infiniteAnswers', label: 'answers of the infinite queue' },
    ],
  },
  { title: 'Proof of work', rows: PROOFS },
  {
    title: 'Access keys',
    rows: [...KEYS, { figure: 'keyPasses', label: 'requests past the room' }],
  },
  { title: 'Refused', rows: REFUSED },
]

export function EntryReport({ room, span }: { room: string; span: Span }) {
  const { value, error } = useSpanPolling<WhoCame>(room, span, 'who-came')
  return (
    <section class="card" aria-labelledby="who-came-title">
      <h4 id="who-came-title">Who came, last {span.range.label}</h4>
      {error !== null && (
        <p class="error" role="alert">
          The report could not be loaded ({error.message}). Retrying.
        </p>
      )}
      {value === null ? error === null && <p class="loading">Loading…</p> : <Report report={value} />}
    </section>
  )
}

function Report({ report }: { report: WhoCame }) {
  const { joined, suspectedShare } = report
  return (
    <>
      <p class="entry-sum">
        {suspectedShare === null ? (
          'Nobody joined.'
        ) : (
          <>
            <b>{count.format(joined)}</b> joined, of which <b>{percentText(suspectedShare)}</b> look automated{' '}
            <span class="muted">(after 200 others of a network, or after a failed check)</span>
          </>
        )}
      </p>
      <div class="entry-groups">
        {GROUPS.map(({ title, rows }) => (
          <div key={title}>
            <h5>{title}</h5>
            <dl class="entry-figures">
              {rows.map(({ figure, label }) => (
                <div key={figure}>
                  <dt>{label}</dt>
                  <dd>{count.format(report[figure])}</dd>
                </div>
              ))}
            </dl>
          </div>
        ))}
      </div>
    </>
  )
}

interface ChartsProps {
  readonly room: string
  readonly span: Span
  /** Interval between two samples. */
  readonly tickSeconds: number
}

export function EntryCharts({ room, span, tickSeconds }: ChartsProps) {
  const history = useHistory(room, span)
  const { shared, perMinute } = timeline(history.value?.points ?? [], span, tickSeconds)
  const linesOf = (figures: readonly { figure: Figure; label: string; color: string }[]) =>
    figures.map(({ figure, label, color }) => ({ label, color, values: perMinute((point) => point[figure]) }))
  const format = (value: number) => shortCount.format(value)
  return (
    <>
      {history.error !== null && (
        <p class="banner error" role="alert">
          The history of the last {span.range.label} could not be loaded ({history.error.message}). Retrying.
        </p>
      )}
      <div class="charts">
        <Chart {...shared} title="Joined per minute" format={format} lines={linesOf(NETWORKS)} />
        <Chart {...shared} title="Checks per minute" format={format} lines={linesOf(CHECKS)} />
        <Chart {...shared} title="Proofs of work per minute" format={format} lines={linesOf(PROOFS)} />
        <Chart {...shared} title="Access keys per minute" format={format} lines={linesOf(KEYS)} />
        <Chart {...shared} title="Refused per minute" format={format} lines={linesOf(REFUSED)} />
      </div>
    </>
  )
}
