/** Asks which room takes a URL, and shows the others that come near. */
import { useState } from 'hono/jsx/dom'
import { Answer, useAnswer } from './answer.tsx'
import { type Explanation, get } from './api.ts'
import { outcomeText } from './words.ts'

export function ExplainUrl() {
  const [url, setUrl] = useState('')
  const { found, ask } = useAnswer(() => get<Explanation>(`/explain?url=${encodeURIComponent(url)}`))
  return (
    <section class="card" aria-labelledby="explain-title">
      <h3 id="explain-title">Explain a URL</h3>
      <form class="row" onSubmit={ask}>
        <label class="field inline">
          Address
          <input
            type="url"
            required
            placeholder="https://"
            value={url}
            onInput={(event: Event) => setUrl((event.target as HTMLInputElement).value)}
          />
        </label>
        <button type="submit">Explain</button>
      </form>
      <Answer found={found} show={(explanation) => <Explained explanation={explanation} />} />
    </section>
  )
}

function Explained({
  explanation: { room, endpoint, redirectMode, bypassRule, candidates },
}: {
  explanation: Explanation
}) {
  return (
    <>
      <p>
        {endpoint && 'An endpoint of the waiting room itself.'}
        {!endpoint && room === null && 'No room covers it: the request goes to the site.'}
        {room !== null && (
          <>
            Room <b>{room}</b>
            {redirectMode && ', as the entrance of redirect mode'}
            {bypassRule !== null && `, but rule ${bypassRule} of bypass lets it skip the room`}.
          </>
        )}
      </p>
      <ul class="plain">
        {candidates.map((candidate) => (
          <li key={`${candidate.room} ${candidate.host} ${candidate.path} ${candidate.conditions}`}>
            {candidate.room}: {candidate.host ?? 'any host'}
            {candidate.path} <span class="muted">{outcomeText(candidate)}</span>
          </li>
        ))}
      </ul>
    </>
  )
}
