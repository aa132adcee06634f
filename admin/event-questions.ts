/** Confirmations before an event is changed. Each tells the operator what visitors will see. */
import type { RoomEvent } from './api.ts'
import type { Question } from './dialog.tsx'
import { momentText } from './times.ts'

type Asked = Omit<Question, 'run'>

export function startQuestion(event: RoomEvent): Asked {
  const { name, phase, prequeue_start_time: lobby, event_end_time: end, rate_plan: plan } = event
  return {
    title: `Start “${name}” now?`,
    text: sentences(
      phase === 'lobby' && event.shuffle_at_event_start
        ? 'Visitors in the lobby see that the draw is being made, and then their place in line. Later arrivals are placed behind them.'
        : phase === 'lobby'
          ? 'Visitors in the lobby see their place in line, and are admitted in the order of their arrival.'
          : 'Visitors see the line of the event at once.',
      phase !== 'lobby' && lobby !== null && 'The lobby has not opened, so there will be no lobby.',
      admissionText(event),
      `The end stays: ${momentText(end)}.`,
      plan !== null && plan.length > 0 && 'The steps of the rate plan move with the start.',
    ),
    confirm: 'Start now',
  }
}

/** The event's own way of admitting visitors; false: that of the room. */
function admissionText({ queueing_method, total_active_users, new_users_per_minute }: RoomEvent): string | false {
  if (queueing_method === 'passthrough') return 'Everyone goes straight to the site.'
  if (queueing_method === 'reject') return 'Newcomers are turned away.'
  if (total_active_users === null || new_users_per_minute === null) return false
  const [capacity, rate] = [total_active_users.toLocaleString(), new_users_per_minute.toLocaleString()]
  return `The event admits up to ${rate} visitors per minute, with a capacity of ${capacity}.`
}

export function suspendQuestion({ name, phase, shuffle_at_event_start: draw }: RoomEvent): Asked {
  return {
    title: `Suspend “${name}”?`,
    text: sentences(
      phase === 'lobby' &&
        'Visitors in the lobby see an ordinary line. They keep their place, and the room’s own settings admit them in the order of their arrival.',
      (phase === 'running' || phase === 'drawing') &&
        'The room’s own settings apply again at once. Everyone in line keeps their place.',
      phase === 'none' && 'The event is ignored: visitors see neither its lobby nor its start.',
      phase !== 'running' && phase !== 'drawing' && 'If you resume it before its start, it goes on as planned.',
      phase === 'lobby' && draw && 'If it is still suspended at its start, there is no draw.',
    ),
    confirm: 'Suspend the event',
  }
}

export function resumeQuestion(event: RoomEvent, nowMs: number): Asked {
  const { name, prequeue_start_time: lobby, event_start_time: start } = event
  const [isStarted, isLobby] = [Date.parse(start) <= nowMs, lobby !== null && Date.parse(lobby) <= nowMs]
  return {
    title: `Resume “${name}”?`,
    text: sentences(
      isStarted && 'The event runs at once, with its own settings. Everyone in line keeps their place.',
      isStarted && event.shuffle_at_event_start && 'Its start has passed, so there is no new draw.',
      !isStarted && isLobby && 'Its lobby opens at once: visitors see the countdown, and nobody is admitted.',
      !isStarted && !isLobby && `Visitors see nothing of it before ${momentText(lobby ?? start)}.`,
    ),
    confirm: 'Resume the event',
  }
}

export function deleteQuestion({ name, phase, source }: RoomEvent): Asked {
  if (source === 'override') {
    return {
      title: `Restore “${name}” as deployed?`,
      text: 'The changes made here are discarded, and the event from wrangler.toml is in force again. If it is under way, visitors see its times and its message at once.',
      confirm: 'Restore the deployed event',
    }
  }
  return {
    title: `Delete “${name}”?`,
    text: sentences(
      phase === 'lobby' &&
        'Visitors in the lobby see an ordinary line. They keep their place, and the room’s own settings admit them in the order of their arrival.',
      phase === 'running' && 'The room’s own settings apply again at once. Everyone in line keeps their place.',
      (phase === 'none' || phase === 'ended') && 'Visitors see no difference now.',
      'This cannot be undone.',
    ),
    confirm: 'Delete the event',
  }
}

function sentences(...parts: readonly (string | false)[]): string {
  return parts.filter((part) => part !== false).join(' ')
}
