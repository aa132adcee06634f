/** The operators' page: who is logged in sees the rooms, who is not logs in. */
import 'uplot/dist/uPlot.min.css'
import './admin.css'
import { render, useEffect, useState } from 'hono/jsx/dom'
import { call, get, Refused, type Rooms, type Session } from './api.ts'
import { usePolling } from './hooks.ts'
import { Login } from './login.tsx'
import { Room } from './room.tsx'

const ROOMS_EVERY_MS = 5_000

function App() {
  const [session, setSession] = useState<Session | null | undefined>(undefined)
  useEffect(() => {
    get<Session>('/session').then(setSession, () => setSession(null))
    return undefined
  }, [])
  if (session === undefined) return <p class="loading">Loading…</p>
  if (session === null) return <Login onLogin={setSession} />
  return <Desk session={session} onOver={() => setSession(null)} />
}

function Desk({ session, onOver }: { session: Session; onOver: () => void }) {
  const rooms = usePolling('rooms', ROOMS_EVERY_MS, () => get<{ rooms: Rooms }>('/rooms'))
  const [chosen, setChosen] = useState(roomOfHash())
  useEffect(() => {
    const onHash = () => setChosen(roomOfHash())
    addEventListener('hashchange', onHash)
    return () => removeEventListener('hashchange', onHash)
  }, [])
  const isOver = rooms.error instanceof Refused && rooms.error.status === 401
  useEffect(() => {
    if (isOver) onOver()
    return undefined
  }, [isOver])
  const list = rooms.value?.rooms ?? []
  const room = list.find(({ name }) => name === chosen) ?? list[0]
  const logOut = async () => {
    // Whatever becomes of the call, the page shows nothing any more.
    await call('DELETE', '/session').catch(() => null)
    onOver()
  }
  return (
    <div class="desk">
      <header class="top">
        <h1>Waiting room</h1>
        <p class="who">
          <span>{session.operator.name}</span>
          {session.operator.kind === 'read' && <span class="badge">read only</span>}
          <a href="/__waiting-room/api/v1/">API</a>
          {session.via === 'session' && (
            <button type="button" onClick={logOut}>
              Log out
            </button>
          )}
        </p>
      </header>
      <nav class="rooms" aria-label="Rooms">
        <ul>
          {list.map((one) => (
            <li key={one.name}>
              <a href={`#${one.name}`} aria-current={one.name === room?.name ? 'page' : undefined}>
                <span>{one.name}</span>
                <small>{one.reachable ? `${one.waiting} waiting` : 'out of reach'}</small>
              </a>
            </li>
          ))}
        </ul>
      </nav>
      {room === undefined ? (
        <p class="loading">{rooms.error === null ? 'Loading…' : rooms.error.message}</p>
      ) : (
        <Room
          key={room.name}
          name={room.name}
          covers={`${room.host ?? 'any host'}${room.path}`}
          mayWrite={session.operator.kind === 'full'}
        />
      )}
    </div>
  )
}

function roomOfHash(): string {
  return decodeURIComponent(location.hash.slice(1))
}

render(<App />, document.getElementById('app') as HTMLElement)
