/** The steps from the current rooms to those of a file. */
import { isDeepStrictEqual } from 'node:util'
import type { LiveRoom } from './rooms-api.ts'
import type { Document, Rooms } from './rooms-file.ts'

export interface KeyChange {
  readonly key: string
  readonly before?: unknown
  readonly after?: unknown
}

export interface Step {
  readonly room: string
  readonly action: 'create' | 'change' | 'delete'
  readonly changes: readonly KeyChange[]
  /** The tag that the step is based on; null: the room must not exist. */
  readonly etag: string | null
  /** The last change at the directory: by whom, and when. */
  readonly last: string | null
  /** The document to write; null: none. */
  readonly document: Document | null
}

export interface Plan {
  readonly steps: readonly Step[]
  readonly unchanged: readonly string[]
  /** Runtime rooms that the file does not have, and that stay. */
  readonly kept: readonly string[]
  /** Rooms of the file that only a deploy changes. */
  readonly deployed: readonly string[]
}

export const IS_DEPLOYED = 'is deployed: change it in wrangler.toml or rooms.toml, and remove it from this file'

/** Deletions come first, since they free hosts and paths. */
export function planOf(rooms: Rooms, live: readonly LiveRoom[], prunes: boolean): Plan {
  const ofRunTime = new Map(live.filter(({ source }) => source === 'runtime').map((room) => [room.name, room]))
  const ofDeploy = new Set(live.filter(({ source }) => source === 'deployed').map(({ name }) => name))
  const steps: Step[] = []
  const unchanged: string[] = []
  for (const [name, document] of rooms) {
    if (ofDeploy.has(name)) continue
    const known = ofRunTime.get(name)
    const changes = changesOf(known === undefined ? {} : withoutName(known.document), document)
    if (known === undefined) steps.push({ room: name, action: 'create', changes, etag: null, last: null, document })
    else if (changes.length > 0 || known.draining) {
      const back = known.draining ? [{ key: '(draining)', before: true, after: false }] : []
      steps.push({ ...basedOn(known), action: 'change', changes: [...changes, ...back], document })
    } else unchanged.push(name)
  }
  const others = [...ofRunTime.values()].filter(({ name }) => !rooms.has(name))
  const deletions = others
    .filter(() => prunes)
    .map((known): Step => {
      return {
        ...basedOn(known),
        action: 'delete',
        changes: changesOf(withoutName(known.document), {}),
        document: null,
      }
    })
  return {
    steps: [...deletions, ...steps],
    unchanged,
    kept: prunes ? [] : others.map(({ name }) => name),
    deployed: [...rooms.keys()].filter((name) => ofDeploy.has(name)),
  }
}

function basedOn({ name, etag, changedBy, changedAt }: LiveRoom) {
  return { room: name, etag, last: `${changedBy}, ${changedAt}` }
}

export function withoutName({ name: _, ...document }: Document): Document {
  return document
}

/** The order of keys does not count. */
function changesOf(before: Document, after: Document): KeyChange[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return keys
    .filter((key) => !isDeepStrictEqual(before[key], after[key]))
    .map((key) => ({
      key,
      ...(key in before ? { before: before[key] } : {}),
      ...(key in after ? { after: after[key] } : {}),
    }))
}

const SIGNS = { create: '+', change: '~', delete: '-' } as const

/** The plan for people. */
export function planText({ steps, unchanged, kept, deployed }: Plan): string {
  const lines = steps.flatMap(({ room, action, changes, last }) => [
    `${SIGNS[action]} ${room}${last === null ? '' : `  (last changed by ${last})`}`,
    ...(action === 'delete' ? [] : changes.map((change) => `    ${changeText(change)}`)),
  ])
  const notes = [
    ...(kept.length > 0 ? [`Not in the file, and kept without --prune: ${kept.join(', ')}`] : []),
    ...deployed.map((name) => `${name} ${IS_DEPLOYED}`),
  ]
  const counts = (['create', 'change', 'delete'] as const)
    .map((action) => `${steps.filter((step) => step.action === action).length} to ${action}`)
    .join(', ')
  return [...lines, ...notes, `${counts}, ${unchanged.length} unchanged`].join('\n')
}

function changeText(change: KeyChange): string {
  const text = (value: unknown) => JSON.stringify(value)
  if (!('before' in change)) return `+ ${change.key} = ${text(change.after)}`
  if (!('after' in change)) return `- ${change.key} = ${text(change.before)}`
  return `~ ${change.key}: ${text(change.before)} -> ${text(change.after)}`
}
