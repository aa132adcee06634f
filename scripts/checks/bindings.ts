/** Bindings and options of an environment that the Worker requires, or that would break it. */
import { channelTables, type Section } from '../deployment-config.ts'
import { didYouMean } from './did-you-mean.ts'

const EVERY_MINUTE = '* * * * *'

const GATHERER = 'GATHERER'
const DIRECTORY = 'DIRECTORY'
const OPTIONAL = [GATHERER, DIRECTORY]

/** The Durable Object class of each binding. */
const OBJECT_CLASSES: Readonly<Record<string, string>> = {
  WAITING_ROOM: 'WaitingRoom',
  LOGIN_GUARD: 'LoginGuard',
  [GATHERER]: 'Gatherer',
  [DIRECTORY]: 'Directory',
}

export function bindingProblems(section: Section): string[] {
  const objects = section.durable_objects?.bindings ?? []
  const producers = section.queues?.producers ?? []
  return [
    ...Object.entries(OBJECT_CLASSES).flatMap(([name, className]) => [
      ...(OPTIONAL.includes(name) ? [] : missing('durable_objects.bindings', name, namesOf(objects, 'name'))),
      ...objects
        .filter((binding) => binding.name === name && binding.class_name !== className)
        .map(
          ({ class_name }) =>
            `durable_objects.bindings: the class of ${name} must be "${className}", not "${class_name}"`,
        ),
    ]),
    ...missing('queues.producers', 'CHECKS', namesOf(producers, 'binding')),
    ...missing('queues.producers', 'ALERTS', namesOf(producers, 'binding')),
    ...mailProblems(section),
  ]
}

/** Features that are off because their binding is missing, and costly logs. */
export function bindingNotes(section: Section): string[] {
  const notes: string[] = []
  if (!namesOf(section.durable_objects?.bindings, 'name').includes(GATHERER)) {
    notes.push('no [[durable_objects.bindings]] GATHERER: a room serves about 2,500 isolates at most (docs/scale.md)')
  }
  if (!namesOf(section.durable_objects?.bindings, 'name').includes(DIRECTORY)) {
    notes.push('no [[durable_objects.bindings]] DIRECTORY: rooms change by a deploy only (docs/rooms.md)')
  }
  if (!namesOf(section.ratelimits, 'name').includes('JOIN_LIMIT')) {
    notes.push('no [[ratelimits]] JOIN_LIMIT: new visitors are not rate-limited by address (docs/abuse.md)')
  }
  if (!namesOf(section.ratelimits, 'name').includes('JOIN_LIMIT_NETWORK')) {
    notes.push(
      'no [[ratelimits]] JOIN_LIMIT_NETWORK: new visitors are not rate-limited by wider network (docs/abuse.md)',
    )
  }
  if (!namesOf(section.analytics_engine_datasets, 'binding').includes('FIGURES')) {
    notes.push('no [[analytics_engine_datasets]] FIGURES: no figures are written to Analytics Engine (docs/figures.md)')
  }
  if (section.observability?.logs?.invocation_logs !== false) {
    notes.push(
      'no invocation_logs = false in [observability.logs]: the log has an entry for each request, and long lines cost more than twice as much (docs/scale.md)',
    )
  }
  if (section.assets?.binding !== 'ASSETS') {
    notes.push("no [assets] with the binding ASSETS: no operators' page, and no templates or logos of rooms")
  }
  return notes
}

export function optionProblems(section: Section): string[] {
  const { triggers, observability, assets, cache, exports = {} } = section
  const problems: string[] = []
  if (!triggers?.crons?.includes(EVERY_MINUTE)) {
    problems.push(`triggers.crons: must contain "${EVERY_MINUTE}": figures and alert rules are evaluated every minute`)
  }
  if (observability?.enabled !== true || observability.logs?.enabled === false) {
    problems.push('observability: must be on (enabled = true), or the logs of the Worker are lost')
  }
  if (assets !== undefined && assets.run_worker_first !== true) {
    problems.push('assets.run_worker_first: must be true, or files of public/ bypass the room')
  }
  if (cache?.enabled === true) problems.push(`cache.enabled: ${NO_CACHE}`)
  for (const [name, entry] of Object.entries(exports)) {
    if (entry.cache?.enabled === true) problems.push(`exports.${name}.cache.enabled: ${NO_CACHE}`)
  }
  return problems
}

const NO_CACHE =
  'must be off: Workers Cache answers before the Worker runs, so visitors would bypass the room and see pages of others'

function missing(table: string, name: string, names: readonly string[]): string[] {
  if (names.includes(name)) return []
  const close = names.find((other) => didYouMean(other, [name]) !== '')
  const found = close === undefined ? '' : `, only "${close}"`
  return [`${table}: there is no ${name}${found}; copy the table from the top level of the original wrangler.toml`]
}

function mailProblems(section: Section): string[] {
  const sendsMail = channelTables(section).some(({ type }) => type === 'email')
  if (!sendsMail || namesOf(section.send_email, 'name').includes('EMAIL')) return []
  return [
    'send_email: a channel in ALERT_CHANNELS has the type "email", which needs [[send_email]] with name = "EMAIL"',
  ]
}

function namesOf<K extends string>(tables: readonly Record<K, string>[] | undefined, key: K): string[] {
  return (tables ?? []).map((table) => table[key])
}
