/** A ticket shop with a waiting room in front of its seats. */
import { createWaitingRoom, type WaitingRoomVariables } from 'edge-waiting-room/hono'
import { Hono } from 'hono'

const room = createWaitingRoom<Env>()

/** The classes of the bindings WAITING_ROOM and LOGIN_GUARD. */
export class WaitingRoom extends room.WaitingRoom {}
export class LoginGuard extends room.LoginGuard {}

const app = new Hono<{ Bindings: Env; Variables: WaitingRoomVariables }>()

// Answers waiting visitors, and the room's own paths. Everything else goes on to the routes.
app.use(room.middleware())

app.get('/', (c) =>
  c.html(`<!doctype html><title>Box office</title>
<h1>Box office</h1>
<p><a href="/tickets/gala">Tickets for the gala</a></p>`),
)

app.get('/tickets/:show', (c) => {
  const number = c.get('waitingRoom')?.number ?? 'none'
  return c.html(`<!doctype html><title>Seats</title>
<h1>Seats</h1>
<p>Your number: <b>${number}</b></p>`)
})

export default {
  fetch: app.fetch,
  queue: room.queue,
  scheduled: room.scheduled,
} satisfies ExportedHandler<Env>
