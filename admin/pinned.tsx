/** Controls that are always in view: the room's state, Pause or Resume, Close or Open. */
import { useState } from 'hono/jsx/dom'
import type { Stats } from './api.ts'
import type { Controls } from './controls.ts'
import { Modal } from './dialog.tsx'
import { MomentField } from './fields.tsx'
import { shownMessage, WITHOUT_MESSAGE } from './message.tsx'
import { countdownText, momentText, readMoment } from './times.ts'
import { badgesOf, VERBS } from './words.ts'

interface Props {
  readonly room: string
  readonly stats: Stats
  readonly controls: Controls
}

export function Pinned({ room, stats, controls }: Props) {
  const [isClosing, setClosing] = useState(false)
  const { values, mayWrite, change } = controls
  // The setting still says closed after the room opened itself at `opens_at`.
  const { closed } = stats
  const paused = Boolean(values.paused)
  return (
    <section class="pinned" aria-label="Pause and close">
      <div class="states">
        <Badges stats={stats} />
        {closed && <span class="muted">{openingText(values.opens_at, Date.parse(stats.at))}</span>}
      </div>
      <button
        type="button"
        disabled={!mayWrite}
        title={paused ? 'Admit visitors again' : 'Admit nobody; everyone keeps their place'}
        aria-pressed={paused ? 'true' : 'false'}
        onClick={() => (paused ? resume(room, Date.parse(stats.at), controls) : change('Paused', { paused: true }))}
      >
        {paused ? VERBS.paused.end : VERBS.paused.begin}
      </button>
      <button
        type="button"
        disabled={!mayWrite}
        title={closed ? 'Let new visitors join again' : 'Turn new visitors away; the line continues'}
        aria-pressed={closed ? 'true' : 'false'}
        onClick={() => (closed ? change('Open to new visitors', { closed: false, opens_at: null }) : setClosing(true))}
      >
        {closed ? VERBS.closed.end : `${VERBS.closed.begin}…`}
      </button>
      {isClosing && <CloseDialog room={room} stats={stats} controls={controls} onClose={() => setClosing(false)} />}
    </section>
  )
}

export function Badges({ stats }: { stats: Parameters<typeof badgesOf>[0] }) {
  return (
    <>
      {badgesOf(stats).map(({ text, kind }) => (
        <span key={text} class={`badge ${kind}`}>
          {text}
        </span>
      ))}
    </>
  )
}

function openingText(opensAt: unknown, nowMs: number): string {
  if (typeof opensAt !== 'string') return 'until you open it'
  return `opens in ${countdownText(Date.parse(opensAt) - nowMs)} (${momentText(opensAt)})`
}

/** Offers to remove the message, which is often about the pause. */
function resume(room: string, nowMs: number, { values, change, ask }: Controls): void {
  const message = shownMessage(values, nowMs)
  if (message === null) {
    change('Resumed', { paused: false })
    return
  }
  ask({
    title: `Resume ${room}?`,
    text: `Visitors in line still see this message: “${message}”`,
    confirm: 'Resume and remove the message',
    run: () => change('Resumed, message removed', { paused: false, ...WITHOUT_MESSAGE }),
    other: { label: 'Resume and keep the message', run: () => change('Resumed', { paused: false }) },
  })
}

function CloseDialog({ room, stats, controls, onClose }: Props & { onClose: () => void }) {
  const [time, setTime] = useState('')
  const moment = readMoment(time, Date.parse(stats.at))
  const submit = (event: Event) => {
    event.preventDefault()
    if (moment.state === 'past') return
    const opens_at = moment.state === 'ahead' ? moment.iso : null
    onClose()
    controls.change('Closed to new visitors', { closed: true, opens_at })
  }
  return (
    <Modal title={`Close ${room}?`} onClose={onClose}>
      <form onSubmit={submit}>
        <p>New visitors are turned away. Everyone in line keeps their place and is admitted as before.</p>
        <MomentField id="opens-at" label="Opens at" value={time} nowMs={Date.parse(stats.at)} onText={setTime} />
        <div class="row end">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="danger" disabled={moment.state === 'past'}>
            Close the room
          </button>
        </div>
      </form>
    </Modal>
  )
}
