/**
 * A report: what may be told of an error outside. Made of an allow-list, so that a new log field stays inside until it is
 * named here.
 */
import type { LogFields } from '../log.ts'
import { STACK_FRAMES_MAX } from './limits.ts'
import { errorText, scrub } from './scrub.ts'

export interface Report {
  readonly event: string
  /** Of the error: its class, text and stack. */
  readonly type: string
  readonly message: string
  readonly stack: string
  /** What reports are searched by. */
  readonly tags: Readonly<Record<string, string>>
  readonly figures: Readonly<Record<string, number>>
}

const TAGS = ['room', 'channel', 'kind', 'state', 'queue'] as const
const FIGURES = ['segment', 'minute', 'attempts', 'messages', 'lateMs'] as const

/** Names from settings; anything else in such a field is not ours. */
const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/i

export function reportOf(event: string, error: unknown, fields: LogFields): Report {
  const tags: Record<string, string> = {}
  const figures: Record<string, number> = {}
  for (const tag of TAGS) {
    const value = fields[tag]
    if (typeof value === 'string' && NAME.test(value)) tags[tag] = value
  }
  for (const figure of FIGURES) {
    const value = fields[figure]
    if (typeof value === 'number') figures[figure] = value
  }
  return { event, type: typeOf(error), message: errorText(error), stack: stackOf(error), tags, figures }
}

function typeOf(error: unknown): string {
  const name = error instanceof Error ? error.name : 'Error'
  return NAME.test(name) ? name : 'Error'
}

/** The frames alone: the engine puts the text of the error in front of them. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return ''
  const textEnd = error.stack.indexOf(error.message)
  const frames = textEnd === -1 ? error.stack : error.stack.slice(textEnd + error.message.length)
  return frames
    .split('\n')
    .filter((line) => /^\s+at .{1,400}$/.test(line))
    .slice(0, STACK_FRAMES_MAX)
    .map(scrub)
    .join('\n')
}
