/** Alert rules and their states, disabled channels, and recent deliveries. */
import type { Alerts as View } from './api.ts'
import type { Controls } from './controls.ts'
import type { Polled } from './hooks.ts'
import { clockText } from './times.ts'

const DELIVERIES_SHOWN = 8
const KINDS = { ok: 'good', pending: 'warn', firing: 'bad', resolved: 'good' } as const

export function Alerts({ polled, controls }: { polled: Polled<View>; controls: Controls | null }) {
  const view = polled.value
  return (
    <section class="card" aria-labelledby="alerts-title">
      <div class="row between">
        <h3 id="alerts-title">Alerts</h3>
        {view !== null && view.channels.length > 0 && (
          <button
            type="button"
            disabled={!controls?.mayWrite}
            onClick={() => controls?.act('Test messages queued', 'alerts/test', {})}
          >
            Send test messages
          </button>
        )}
      </div>
      {polled.error !== null && (
        <p class="error" role="alert">
          The alerts could not be loaded ({polled.error.message}).
        </p>
      )}
      {view === null ? polled.error === null && <p class="loading">Loading…</p> : <Rules view={view} />}
    </section>
  )
}

function Rules({ view: { rules, channels, deliveries } }: { view: View }) {
  if (rules.length === 0) return <p class="muted">This room has no alert rules.</p>
  return (
    <>
      <ul class="list">
        {rules.map(({ name, metric, state, since, value }) => (
          <li key={name}>
            <span class={`badge ${KINDS[state]}`}>{state}</span> <b>{name}</b>{' '}
            <span class="muted">
              {metric} {value === null ? '' : `is ${Math.round(value * 100) / 100}`}{' '}
              {since !== null && `since ${clockText(since)}`}
            </span>
          </li>
        ))}
        {channels.map(
          ({ name, type, disabled }) =>
            disabled !== null && (
              <li key={`channel ${name}`}>
                <span class="badge bad">off</span> channel <b>{name}</b>{' '}
                <span class="muted">
                  {type}: {disabled.reason}
                </span>
              </li>
            ),
        )}
      </ul>
      <h4>Messages</h4>
      {deliveries.length === 0 ? (
        <p class="muted">No messages yet.</p>
      ) : (
        <ul class="list">
          {deliveries.slice(0, DELIVERIES_SHOWN).map(({ id, channel, kind, rule, state, updated, reason }) => (
            <li key={id}>
              <span class={`badge ${state === 'delivered' ? 'good' : state === 'failed' ? 'bad' : 'warn'}`}>
                {state}
              </span>{' '}
              {rule ?? kind} {rule !== null && kind} to {channel}{' '}
              <span class="muted">
                {clockText(updated)} {reason}
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
