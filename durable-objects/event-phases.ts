/** The phases of events by the clock alone, for a room whose line has not begun. */
import type { EventPhase, RoomEvent } from '../src/core/events.ts'
import type { EventDraw, EventLine } from '../src/room/room-events.ts'

export class EventPhases implements EventLine {
  private events: readonly RoomEvent[] = []

  setEvents(events: readonly RoomEvent[]): void {
    this.events = events
  }

  phaseOf(id: string): EventPhase {
    const event = this.events.find((other) => other.id === id)
    if (event === undefined || event.suspended) return 'none'
    const nowMs = Date.now()
    if (nowMs >= event.endAtMs) return 'ended'
    if (nowMs >= event.startAtMs) return 'running'
    return event.lobbyAtMs !== null && nowMs >= event.lobbyAtMs ? 'lobby' : 'none'
  }

  isCommitted(id: string): boolean {
    return this.phaseOf(id) !== 'none' && this.events.some((event) => event.id === id && event.draw)
  }

  drawOf(): EventDraw {
    return { commitment: null, draw: null }
  }
}
