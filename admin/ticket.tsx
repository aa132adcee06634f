/** Looks up the state of one ticket, for instance for a visitor who contacts support. */
import { useState } from 'hono/jsx/dom'
import { Answer, useAnswer } from './answer.tsx'
import { get, type Ticket } from './api.ts'
import { NumberField } from './fields.tsx'
import { clockText } from './times.ts'

export function TicketLookup({ room }: { room: string }) {
  const [number, setNumber] = useState('')
  const { found, ask } = useAnswer(() => get<Ticket>(`/rooms/${room}/tickets/${number}`))
  return (
    <section class="card" aria-labelledby="ticket-title">
      <h3 id="ticket-title">Find a ticket</h3>
      <form class="row" onSubmit={ask}>
        <NumberField label="Ticket number" value={number} onText={setNumber} />
        <button type="submit">Find</button>
      </form>
      <Answer found={found} show={(ticket) => <Found ticket={ticket} />} />
    </section>
  )
}

function Found({ ticket }: { ticket: Ticket }) {
  const { number, lane, laneNumber, state, position, joinedAt, admitted, admittedAt, ended, endedAt } = ticket
  const at = (time: string | null) => (time === null ? 'time no longer stored' : clockText(time))
  return (
    <dl class="facts">
      <dt>Ticket {number}</dt>
      <dd>
        {state}
        {position !== null && `, position ${position.toLocaleString()}`}
      </dd>
      {lane !== undefined && (
        <>
          <dt>Lane</dt>
          <dd>
            {lane}, number {laneNumber?.toLocaleString()}
          </dd>
        </>
      )}
      <dt>Joined</dt>
      <dd>{at(joinedAt)}</dd>
      <dt>Admitted</dt>
      <dd>{admitted === 'yes' ? at(admittedAt) : admitted}</dd>
      {ended !== null && (
        <>
          <dt>Ended</dt>
          <dd>
            {ended}, {at(endedAt)}
          </dd>
        </>
      )}
    </dl>
  )
}
