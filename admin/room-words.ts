/** The vocabulary of runtime rooms: sources, deletion and refusals. */
import { type ListedRoom, Refused, type Rooms } from './api.ts'
import type { Question } from './dialog.tsx'
import { type RoomDocument, routeRows } from './room-draft.ts'
import { clockText } from './times.ts'
import type { Badge } from './words.ts'

/** The entity tag of a runtime room, for a change of this version. */
export function tagOf({ etag }: ListedRoom): string {
  return `"${etag}"`
}

/** The routes of a document, as written. */
export function placesText(document: RoomDocument): string {
  return routeRows(document)
    .map(({ host, path }) => `${host || 'any host'}${path || '/'}`)
    .join(', ')
}

export function sourceBadges({ source, hidden, draining }: ListedRoom): (Omit<Badge, 'kind'> & { kind: string })[] {
  return [
    { text: source === 'deployed' ? 'Deployed' : 'Run time', kind: '' },
    ...(hidden ? [{ text: 'Not in force', kind: 'warn' }] : []),
    ...(draining ? [{ text: 'Draining', kind: 'warn' }] : []),
  ]
}

export function sourceText({ source, hidden, draining, changedAt, changedBy }: ListedRoom): string {
  if (source === 'deployed') {
    return 'From wrangler.toml or rooms.toml: only a deploy changes it. Its own page changes some settings at run time.'
  }
  const by = `Last change by ${changedBy}, ${changedAt === null ? '' : clockText(changedAt)}.`
  if (hidden) return `${by} A deployed room has the same name, and is in force instead.`
  return draining ? `${by} It turns newcomers away, admits everyone in line, and is deleted when it is empty.` : by
}

/** @param live the figures of the room; undefined: not known yet */
export function deleteQuestion(
  { name, draining }: ListedRoom,
  live: Rooms[number] | undefined,
  run: { readonly drain: () => void; readonly now: () => void },
): Question {
  const inside =
    live === undefined || live.waiting === null || live.active === null
      ? 'The number of people in it is not known.'
      : `${live.waiting.toLocaleString()} waiting and ${live.active.toLocaleString()} on the site now.`
  const drain = 'Draining turns newcomers away, admits everyone in line, and deletes the room when it is empty. '
  return {
    title: `Delete “${name}”?`,
    text: `${inside} ${draining ? '' : drain}“Delete now” ends every place at once: waiting pages reload, and get whatever serves the address then.`,
    confirm: 'Delete now',
    phrase: name,
    run: run.now,
    ...(draining ? {} : { other: { label: 'Drain, then delete', run: run.drain } }),
  }
}

/** The notice of a change. */
export function storedText(text: string, isPending: boolean): string {
  return isPending ? `${text}. The room cannot be reached now; it gets the change as soon as it can be reached` : text
}

export function refusalText(error: Error): string {
  const isOld = error instanceof Refused && error.status === 412
  return isOld ? 'Somebody else has changed the room meanwhile. Check it, and try again.' : error.message
}
