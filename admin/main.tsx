/** The operators' page: the rooms after login, else the login form. */
import './reader-language.ts'
import 'uplot/dist/uPlot.min.css'
import './admin.css'
import { render, useState } from 'hono/jsx/dom'
import { BASE, call, get, Refused, type RoomList, type Rooms, type Session } from './api.ts'
import { Part } from './boundary.tsx'
import { DirectoryPage } from './directory.tsx'
import { useCleanEffect, usePolling } from './hooks.ts'
import { Login } from './login.tsx'
import { Overview } from './overview.tsx'
import { ReportPage } from './report.tsx'
import { Room } from './room.tsx'
import { hasFilter, isFound, RoomFilter } from './room-filter.tsx'
import { coverageText, routesText } from './words.ts'

const ROOMS_EVERY_MS = 5_000

function App() {
  const [session, setSession] = useState<Session | null | undefined>(undefined)
  useCleanEffect(() => {
    get<Session>('/session').then(setSession, () => setSession(null))
    return undefined
  }, [])
  if (session === undefined) return <p class="loading">Loading…</p>
  if (session === null) return <Login onLogin={setSession} />
  return <Dashboard session={session} onSessionEnd={() => setSession(null)} />
}

function Dashboard({ session, onSessionEnd }: { session: Session; onSessionEnd: () => void }) {
  const rooms = usePolling('rooms', ROOMS_EVERY_MS, () => get<RoomList>('/rooms'))
  const [{ chosen, part }, setPlace] = useState(placeOfHash())
  const [typed, setTyped] = useState('')
  useCleanEffect(() => {
    const onHash = () => setPlace(placeOfHash())
    addEventListener('hashchange', onHash)
    return () => removeEventListener('hashchange', onHash)
  }, [])
  const hasEnded = rooms.error instanceof Refused && rooms.error.status === 401
  useCleanEffect(() => {
    if (hasEnded) onSessionEnd()
    return undefined
  }, [hasEnded])
  const list = rooms.value?.rooms ?? []
  const filter = hasFilter(list) ? typed : ''
  const found = list.filter((each) => isFound(filter, each.name, routesText(each.routes)))
  const isDirectory = chosen === '' && part === 'rooms'
  // A single room needs no overview.
  const only = list.length === 1 && !isDirectory ? list[0] : undefined
  const room = only ?? list.find(({ name }) => name === chosen)
  const logOut = async () => {
    // The page logs out even if the call fails.
    await call('DELETE', '/session').catch(() => null)
    onSessionEnd()
  }
  const frame = (
    <>
      <div class="head">
        <Top session={session} onLogOut={logOut} />
        {rooms.error !== null && !hasEnded && (
          <p class="banner error" role="alert">
            The list of rooms could not be loaded ({rooms.error.message}). Retrying.
          </p>
        )}
      </div>
      <nav class="rooms" aria-label="Rooms">
        {hasFilter(list) && <RoomFilter filter={filter} shown={found.length} all={list.length} onFilter={setTyped} />}
        <RoomLinks rooms={found} hasOverview={list.length > 1} chosen={room} isDirectory={isDirectory} />
      </nav>
    </>
  )
  return (
    <div class="dashboard">
      {isDirectory ? (
        <DirectoryPage
          rooms={list}
          filter={filter}
          mayWrite={session.operator.kind === 'full'}
          onChange={rooms.refresh}
        >
          {frame}
        </DirectoryPage>
      ) : room === undefined || rooms.value === null ? (
        <div class="page">
          {frame}
          {rooms.value === null ? (
            <p class="loading">Loading…</p>
          ) : (
            <Part name="The overview">
              <Overview rooms={list} shown={found} filter={filter} />
            </Part>
          )}
        </div>
      ) : part === 'report' ? (
        <ReportPage key={`${room.name} report`} name={room.name}>
          {frame}
        </ReportPage>
      ) : (
        <Room
          key={room.name}
          name={room.name}
          covers={coverageText(room)}
          preview={rooms.value.preview}
          mayWrite={session.operator.kind === 'full'}
        >
          {frame}
        </Room>
      )}
    </div>
  )
}

function Top({ session, onLogOut }: { session: Session; onLogOut: () => void }) {
  return (
    <header class="top">
      <h1>Waiting room</h1>
      <p class="who">
        <span>{session.operator.name}</span>
        {session.operator.kind === 'read' && <span class="badge">read only</span>}
        <a href={`${BASE}/`}>API</a>
        {session.via === 'session' && (
          <button type="button" onClick={onLogOut}>
            Log out
          </button>
        )}
      </p>
    </header>
  )
}

interface LinksProps {
  /** The room that the page shows is listed in any case. */
  readonly rooms: Rooms
  readonly hasOverview: boolean
  readonly chosen: Rooms[number] | undefined
  readonly isDirectory: boolean
}

function RoomLinks({ rooms, hasOverview, chosen, isDirectory }: LinksProps) {
  const current = (isCurrent: boolean) => (isCurrent ? 'page' : undefined)
  const listed = chosen === undefined || rooms.includes(chosen) ? rooms : [chosen, ...rooms]
  return (
    <ul>
      {hasOverview && (
        <li>
          <a href="#/" aria-current={current(chosen === undefined && !isDirectory)}>
            All rooms
          </a>
        </li>
      )}
      <li>
        <a href="#/rooms" aria-current={current(isDirectory)}>
          Manage rooms
        </a>
      </li>
      {listed.map(({ name, reachable, waiting, site }) => (
        <li key={name}>
          <a href={`#${name}`} aria-current={current(name === chosen?.name)}>
            <span>{name}</span>
            <small>
              {reachable ? `${waiting} waiting` : 'unreachable'}
              {site?.state === 'bad' && ', site failing'}
            </small>
          </a>
        </li>
      ))}
    </ul>
  )
}

/** `#room`, `#room/report`, or `#/rooms`, a name that no room can have. */
function placeOfHash(): { readonly chosen: string; readonly part: string } {
  const [chosen = '', part = ''] = decodeURIComponent(location.hash.slice(1)).split('/')
  return { chosen, part }
}

render(
  <Part name="The page">
    <App />
  </Part>,
  document.getElementById('app') as HTMLElement,
)
