/** Controls that are always in view: the room's state, Pause or Resume, Close or Open. */
import { useState } from 'hono/jsx/dom'
import type { RoomEvent, Stats } from './api.ts'
import type { Controls } from './controls.ts'
import { Modal, type Question } from './dialog.tsx'
import { borderText, eventBadge, holdsLine } from './event-words.ts'
import { MomentField } from './fields.tsx'
import { shownMessage, WITHOUT_MESSAGE } from './message.tsx'
import { countdownText, momentText, readMoment } from './times.ts'
import { badgesOf, VERBS } from './words.ts'

interface Props {
  readonly room: string
  readonly stats: Stats
  /** The event under way. */
  readonly event: RoomEvent | null
  readonly controls: Controls
}

export function Pinned({ room, stats, event, controls }: Props) {
  const [isClosing, setClosing] = useState(false)
  const { values, mayWrite, change } = controls
  // The setting still says closed after the room opened itself at `opens_at`. An event that closes
  // the room is not ended by the button.
  const closed = stats.closed && Boolean(values.closed)
  const [paused, soldOut] = [Boolean(values.paused), Boolean(values.sold_out)]
  return (
    <section class="pinned" aria-label="Pause and close">
      <div class="states">
        <Badges stats={stats} isHeld={holdsLine(event) && !paused} />
        {event !== null && <EventBadge event={event} nowMs={Date.parse(stats.at)} />}
        {closed && <span class="muted">{openingText(values.opens_at, Date.parse(stats.at))}</span>}
      </div>
      <Switch
        isOn={paused}
        mayWrite={mayWrite}
        title={paused ? 'Admit visitors again' : 'Admit nobody; everyone keeps their place'}
        label={paused ? VERBS.paused.end : VERBS.paused.begin}
        onClick={() => (paused ? resume(room, Date.parse(stats.at), controls) : change('Paused', { paused: true }))}
      />
      <Switch
        isOn={closed}
        mayWrite={mayWrite}
        title={closed ? 'Let new visitors join again' : 'Turn new visitors away; the line continues'}
        label={closed ? VERBS.closed.end : `${VERBS.closed.begin}…`}
        onClick={() => (closed ? change('Open to new visitors', { closed: false, opens_at: null }) : setClosing(true))}
      />
      <Switch
        isOn={soldOut}
        mayWrite={mayWrite}
        title={soldOut ? 'Admit visitors again' : 'Stop admission for good, and tell everyone'}
        label={`${soldOut ? VERBS.sold_out.end : VERBS.sold_out.begin}…`}
        onClick={() => controls.ask(soldOut ? endSoldOut(controls) : sellOut(room, stats, controls))}
      />
      {isClosing && <CloseDialog room={room} stats={stats} controls={controls} onClose={() => setClosing(false)} />}
    </section>
  )
}

interface SwitchProps {
  readonly isOn: boolean
  readonly mayWrite: boolean
  readonly title: string
  readonly label: string
  readonly onClick: () => void
}

function Switch({ isOn, mayWrite, title, label, onClick }: SwitchProps) {
  return (
    <button type="button" disabled={!mayWrite} title={title} aria-pressed={isOn ? 'true' : 'false'} onClick={onClick}>
      {label}
    </button>
  )
}

/** @param isHeld see `badgesOf` */
export function Badges({ stats, isHeld = false }: { stats: Parameters<typeof badgesOf>[0]; isHeld?: boolean }) {
  return (
    <>
      {badgesOf(stats, isHeld).map(({ text, kind }) => (
        <span key={text} class={`badge ${kind}`}>
          {text}
        </span>
      ))}
    </>
  )
}

/** An event under way or to come, with the time until its next border. */
export function EventBadge({ event, nowMs }: { event: RoomEvent; nowMs: number }) {
  const { text, kind } = eventBadge(event, nowMs)
  return (
    <>
      <span class={`badge ${kind}`}>
        {event.name}: {text.toLowerCase()}
      </span>
      <span class="muted">{borderText(event, nowMs)}</span>
    </>
  )
}

function sellOut(room: string, { waiting }: Stats, { change }: Controls): Question {
  return {
    title: `Sold out in ${room}?`,
    text: `Nobody is admitted any more, and all ${waiting.toLocaleString()} visitors in line are told that everything is sold out. They keep their place until they leave. Newcomers are turned away. Visitors on the site stay there.`,
    confirm: 'Sold out',
    run: () => change('Sold out: everyone is told', { sold_out: true }),
  }
}

function endSoldOut({ change }: Controls): Question {
  return {
    title: 'End sold out?',
    text: 'Visitors who are still in line see their place again and are admitted in order. Newcomers may join.',
    confirm: 'End sold out',
    run: () => change('Sold out ended', { sold_out: false }),
  }
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

function CloseDialog({ room, stats, controls, onClose }: Omit<Props, 'event'> & { onClose: () => void }) {
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
