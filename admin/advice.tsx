/** Thresholds that the visitors of the last days would need. Asked for with a button. */
import { Answer, useAnswer } from './answer.tsx'
import { type Advice, get } from './api.ts'
import { durationText } from './forecast.ts'

const count = new Intl.NumberFormat()
const lengthText = (seconds: number | null) => (seconds === null ? '–' : durationText(seconds))

export function AdvisedThresholds({ room, observes }: { room: string; observes: boolean }) {
  const { found, ask } = useAnswer(() => get<Advice>(`/rooms/${room}/advice`))
  return (
    <section class="card" aria-labelledby="advice-title">
      <h3 id="advice-title">Suggested thresholds</h3>
      <p class="muted">
        From the visitors of the last 7 days.{' '}
        {observes ? 'The room observes: it holds nobody.' : 'The method "observe only" gives better advice.'}
      </p>
      <button type="button" onClick={ask}>
        Compute
      </button>
      <Answer found={found} show={(advice) => <Found advice={advice} />} />
    </section>
  )
}

function Found({ advice }: { advice: Advice }) {
  const { suggested, arrivalsPerMinuteP99, timeOnSiteSecondsP50, timeOnSiteSecondsP90, minutes, sessions } = advice
  return (
    <>
      <p>
        {suggested === null ? (
          `Not enough yet: ${count.format(minutes)} minutes and ${count.format(sessions)} sessions. At least 60 and 100 are needed.`
        ) : (
          <>
            Capacity <b>{count.format(suggested.total_active_users)}</b>, rate{' '}
            <b>{count.format(suggested.new_users_per_minute)}</b> per minute: nobody waits in 99% of the minutes. If the
            site cannot carry that, set lower values.
          </>
        )}
      </p>
      <dl class="facts">
        <dt>Newcomers per minute, 99th percentile</dt>
        <dd>{arrivalsPerMinuteP99 === null ? '–' : `at most ${count.format(arrivalsPerMinuteP99)}`}</dd>
        <dt>Time on the site, median</dt>
        <dd>{lengthText(timeOnSiteSecondsP50)}</dd>
        <dt>Time on the site, 90th percentile</dt>
        <dd>{timeOnSiteSecondsP90 === null ? '–' : `within ${lengthText(timeOnSiteSecondsP90)}`}</dd>
      </dl>
    </>
  )
}
