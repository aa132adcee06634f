/** Environments inherit neither variables nor bindings, so each one must repeat them all. */
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { environments, queueNames, type Section } from '../../scripts/deployment-config.ts'

const all = environments(resolve(import.meta.dirname, '../../wrangler.toml'))
const top = all.find(({ name }) => name === null)?.section as Section
const named = all.filter(({ name }) => name !== null)

/** Keys that wrangler inherits from the top level. */
const INHERITED = [
  'name',
  'main',
  'compatibility_date',
  'compatibility_flags',
  'keep_names',
  'workers_dev',
  'rules',
  'alias',
  'observability',
  'migrations',
  'triggers',
  'assets',
  'build',
  'routes',
  'env',
]

/** Only rooms, origin and the names of storage may differ. */
function comparable(section: Section, environment: string | null): unknown {
  const { vars, ...rest } = Object.fromEntries(Object.entries(section).filter(([key]) => !INHERITED.includes(key)))
  const ownNames = JSON.stringify(rest)
    .replaceAll(`"${environment}-`, '"')
    .replaceAll(`"${environment}_`, '"')
    .replaceAll(/"namespace_id":"\d+"/g, '"namespace_id":"own"')
  return { ...JSON.parse(ownNames), vars: Object.keys(vars as object).toSorted() }
}

describe('the environments of wrangler.toml', () => {
  it('are staging and production', () => {
    expect(named.map(({ name }) => name)).toEqual(['staging', 'production'])
  })

  it.each(named)('$name has every binding of the top level, with the same values', ({ name, section }) => {
    expect(comparable(section, name)).toEqual(comparable(top, null))
  })

  it.each(all)('$name stores our log lines, but no entry for each request', ({ section }) => {
    expect(section.observability ?? top.observability).toEqual({
      enabled: true,
      logs: { enabled: true, invocation_logs: false },
    })
  })

  it('share no queue, dataset or rate limit', () => {
    const queues = all.flatMap(({ section }) => queueNames(section))
    expect(new Set(queues).size).toBe(queues.length)
    const datasets = all.map(({ section }) => JSON.stringify(section.analytics_engine_datasets))
    expect(new Set(datasets).size).toBe(all.length)
    const limits = all.flatMap(({ section }) => section.ratelimits?.map(({ namespace_id }) => namespace_id))
    expect(new Set(limits).size).toBe(limits.length)
  })
})
