/** Checks of `npm run check` and `npm run deploy`, on the shipped wrangler.toml with one change. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parse, stringify } from 'smol-toml'
import { afterAll, describe, expect, it } from 'vitest'
import { bindingNotes } from '../../scripts/checks/bindings.ts'
import { environmentProblems } from '../../scripts/checks/environment-problems.ts'
import { originPlaceholder, SECRETS, VARIABLES } from '../../scripts/checks/variables.ts'
import { type Environment, environments } from '../../scripts/deployment-config.ts'
import { roomEntries } from '../../src/settings/room-schema.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const SHIPPED = readFileSync(`${ROOT}/wrangler.toml`, 'utf8')

const folder = mkdtempSync(join(tmpdir(), 'check-'))
afterAll(() => rmSync(folder, { recursive: true }))
mkdirSync(join(folder, 'public'))

// biome-ignore lint/suspicious/noExplicitAny: a parsed file, changed freely
type Toml = any
type Change = (production: Toml, top: Toml) => void

function changed(change: Change): string {
  const top: Toml = parse(SHIPPED)
  change(top.env.production, top)
  const file = join(folder, 'wrangler.toml')
  writeFileSync(file, stringify(top))
  return file
}

function production(change: Change): { environment: Environment; problems: string[] } {
  const file = changed(change)
  const all = environments(file)
  const environment = all.find(({ name }) => name === 'production') as Environment
  return { environment, problems: environmentProblems(environment, all, file) }
}

const run = (script: string, ...args: string[]) =>
  spawnSync(process.execPath, [script, ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, CLOUDFLARE_ENV: '', WRANGLER_SEND_METRICS: 'false' },
  })

const producer = (section: Toml, binding: string) =>
  section.queues.producers.find((one: Toml) => one.binding === binding)
const consumer = (section: Toml, end: string) => section.queues.consumers.find((one: Toml) => one.queue.endsWith(end))
const without = (list: Toml[], isOut: (one: Toml) => boolean) =>
  list.splice(0, list.length, ...list.filter((one) => !isOut(one)))

describe('the file that we ship', () => {
  it('has no problem in any environment', () => {
    expect(run('scripts/check-settings.ts')).toMatchObject({ status: 0, stderr: '' })
  })
})

describe('rooms.toml', () => {
  const checked = (text: string) => {
    const file = changed(() => {})
    writeFileSync(join(folder, 'rooms.toml'), text)
    const { status, stderr } = run('scripts/check-settings.ts', file)
    rmSync(join(folder, 'rooms.toml'))
    return { status, stderr }
  }
  const roomText = (name: string, path: string, capacity: number) =>
    `[[rooms]]\nname = "${name}"\npath = "${path}"\ntotal_active_users = ${capacity}\nnew_users_per_minute = 60\n`

  it('may have more rooms than a variable can hold', () => {
    const many = Array.from({ length: 200 }, (_, i) => roomText(`sale-${i}`, `/sale-${i}`, 10)).join('\n')
    expect(checked(many)).toEqual({ status: 0, stderr: '' })
  })

  it.each([
    ['a wrong value', roomText('a', '/a', 1) + roomText('b', '/b', 0), /rooms\.toml\[1\]\.total_active_users: /],
    ['a name of the variable', roomText('main', '/a', 1), /rooms\.toml\[0\]\.name: ROOMS\[0\] already has name main/],
    ['no TOML', '[[rooms', /rooms\.toml: is not valid TOML\. /],
    ['another table', '[room]\nname = "a"', /rooms\.toml: has "room", but may have \[\[rooms\]\] tables only/],
  ])('is refused with %s', (_, text, problem) => {
    const { status, stderr } = checked(text)
    expect(status).toBe(1)
    expect(stderr).toMatch(problem)
  })
})

describe('an environment is refused', () => {
  it.each<[string, Change, RegExp]>([
    [
      'with this machine as origin',
      (p) => (p.vars.ORIGIN_URL = 'http://127.0.0.1:8080'),
      /^ORIGIN_URL: http:\/\/127\.0\.0\.1:8080 is an address of the local machine/,
    ],
    [
      'with localhost as origin',
      (p) => (p.vars.ORIGIN_URL = 'http://localhost:3000'),
      /^ORIGIN_URL: .* of the local machine/,
    ],
    [
      'with IPv6 loopback as origin',
      (p) => (p.vars.ORIGIN_URL = 'http://[::1]:8080'),
      /^ORIGIN_URL: .* of the local machine/,
    ],
    [
      'with a private address as origin',
      (p) => (p.vars.ORIGIN_URL = 'https://10.1.2.3'),
      /^ORIGIN_URL: .* of a private network/,
    ],
    [
      'with a link-local address as origin',
      (p) => (p.vars.ORIGIN_URL = 'http://169.254.169.254'),
      /^ORIGIN_URL: .* of a private network/,
    ],
    [
      'with a name of an intranet as origin',
      (p) => (p.vars.ORIGIN_URL = 'http://shop.internal'),
      /^ORIGIN_URL: .* set routes/,
    ],
    [
      'with ORGN_URL',
      (p) => (p.vars.ORGN_URL = 'https://a.example.org'),
      /^ORGN_URL: there is no such variable \(did you mean ORIGIN_URL\?\)/,
    ],
    ['with ROOM', (p) => (p.vars.ROOM = 'x'), /^ROOM: .*did you mean ROOMS\?/],
    ['with origin_url', (p) => (p.vars.origin_url = 'x'), /^origin_url: .*did you mean ORIGIN_URL\?/],
    ['with ALERT_CHANELS', (p) => (p.vars.ALERT_CHANELS = 'x'), /^ALERT_CHANELS: .*did you mean ALERT_CHANNELS\?/],
    [
      'with an unknown variable',
      (p) => (p.vars.FEATURE_X = 'on'),
      /^FEATURE_X: there is no such variable; docs\/settings\.md/,
    ],
    [
      'with a property name of Object.prototype as a variable',
      (p) => (p.vars.constructor = 'x'),
      /^constructor: there is no such variable/,
    ],
    [
      'without WAITING_ROOM',
      (p) => (p.durable_objects.bindings = []),
      /^durable_objects\.bindings: there is no WAITING_ROOM; copy/,
    ],
    [
      'without LOGIN_GUARD',
      (p) => without(p.durable_objects.bindings, ({ name }) => name === 'LOGIN_GUARD'),
      /^durable_objects\.bindings: there is no LOGIN_GUARD; copy/,
    ],
    [
      'with another class',
      (p) => (p.durable_objects.bindings[0].class_name = 'Room'),
      /the class of WAITING_ROOM must be "WaitingRoom", not "Room"/,
    ],
    [
      'with another class of gatherers',
      (p) => (p.durable_objects.bindings[2].class_name = 'WaitingRoom'),
      /the class of GATHERER must be "Gatherer", not "WaitingRoom"/,
    ],
    [
      'without CHECKS',
      (p) => without(p.queues.producers, ({ binding }) => binding === 'CHECKS'),
      /^queues\.producers: there is no CHECKS; copy/,
    ],
    [
      'with CHEKCS',
      (p) => (producer(p, 'CHECKS').binding = 'CHEKCS'),
      /^queues\.producers: there is no CHECKS, only "CHEKCS"/,
    ],
    [
      'without ALERTS',
      (p) => without(p.queues.producers, ({ binding }) => binding === 'ALERTS'),
      /^queues\.producers: there is no ALERTS/,
    ],
    ['without any queue', (p) => (p.queues = {}), /^queues\.producers: there is no CHECKS/],
    [
      'with a misspelt queue of checks',
      (p) => (producer(p, 'CHECKS').queue = 'production-waiting-room-chekcs'),
      /CHECKS: the queue "production-waiting-room-chekcs" has no \[\[queues\.consumers\]\] \(did you mean production-waiting-room-checks\?\)/,
    ],
    [
      'with the queues of two bindings mixed up',
      (p) => (producer(p, 'CHECKS').queue = producer(p, 'ALERTS').queue),
      /CHECKS: the name of its queue must end with -checks, not "production-waiting-room-alerts"/,
    ],
    [
      'with a consumer that nothing is sent to',
      (p) => (producer(p, 'ALERTS').queue = 'other-alerts'),
      /^queues\.consumers, production-waiting-room-alerts: nothing is sent to it/,
    ],
    [
      'without a dead-letter queue',
      (p) => delete consumer(p, '-checks').dead_letter_queue,
      /^queues\.consumers, production-waiting-room-checks: has no dead_letter_queue/,
    ],
    [
      'with a dead-letter queue that nobody reads',
      (p) => without(p.queues.consumers, ({ queue }) => queue.endsWith('-alerts-dead')),
      /dead_letter_queue: the queue "production-waiting-room-alerts-dead" has no/,
    ],
    [
      'with the dead letters of alerts taken for checks',
      (p) => (consumer(p, '-alerts').dead_letter_queue = 'production-waiting-room-checks-dead'),
      /must end with -alerts-dead, not "production-waiting-room-checks-dead"/,
    ],
    [
      'with a consumer whose name says nothing',
      (p) => (consumer(p, '-checks').queue = 'production-waiting-room'),
      /^queues\.consumers, production-waiting-room: the end of the name selects/,
    ],
    [
      'with -checks-dlq',
      (p) => (consumer(p, '-checks-dead').queue = 'production-checks-dlq'),
      /production-checks-dlq: the end .*did you mean checks-dead\?/,
    ],
    [
      'with a queue of another environment',
      (p, top) => (p.queues = top.env.staging.queues),
      /^queues: "staging-waiting-room-checks" belongs to env\.staging already/,
    ],
    ['without a trigger', (_, top) => delete top.triggers, /^triggers\.crons: must contain "\* \* \* \* \*"/],
    [
      'with an hourly trigger of its own',
      (p) => (p.triggers = { crons: ['0 * * * *'] }),
      /^triggers\.crons: must contain/,
    ],
    ['without observability', (_, top) => delete top.observability, /^observability: must be on/],
    ['with observability off', (p) => (p.observability = { enabled: false }), /^observability: must be on/],
    [
      'with logs off',
      (p) => (p.observability = { enabled: true, logs: { enabled: false } }),
      /^observability: must be on/,
    ],
    ['with Workers Cache', (p) => (p.cache = { enabled: true }), /^cache\.enabled: must be off/],
    ['with Workers Cache for all', (_, top) => (top.cache = { enabled: true }), /^cache\.enabled: must be off/],
    [
      'with Workers Cache on its entry',
      (p) => (p.exports = { default: { cache: { enabled: true } } }),
      /^exports\.default\.cache\.enabled: must be off/,
    ],
    [
      'with files served past the Worker',
      (_, top) => delete top.assets.run_worker_first,
      /^assets\.run_worker_first: must be true/,
    ],
    [
      'with mail, but nothing that sends it',
      (p) => (p.vars.ALERT_CHANNELS = [{ name: 'ops', type: 'email', from: 'a@example.com', to: 'b@example.com' }]),
      /^send_email: .*name = "EMAIL"/,
    ],
    [
      'with ROOMS over 5 KB',
      (p) =>
        (p.vars.ROOMS[0].texts = {
          en: Object.fromEntries(
            ['waiting', 'paused', 'full', 'closed', 'expired'].flatMap((state) =>
              ['title', 'heading', 'lead', 'action'].map((part) => [`${state}.${part}`, 'x'.repeat(290)]),
            ),
          ),
        }),
      /^ROOMS: is \d+ bytes, 5120 at most\. Move rooms to rooms\.toml, .*texts and data: .*public\//,
    ],
  ])('%s', (_, change, problem) => {
    expect(production(change).problems).toContainEqual(expect.stringMatching(problem))
  })
})

describe('an environment is not refused', () => {
  it.each<[string, Change]>([
    [
      'with secrets that settings name',
      (p) =>
        Object.assign(p.vars, {
          BYPASS_PROBE: 'x'.repeat(16),
          ALERT_CHANNELS: [{ name: 'chat', type: 'slack', url_from: 'SLACK_URL' }],
          SLACK_URL: 'https://hooks.example.org/',
        }),
    ],
    ['with secrets in its variables', (p) => Object.assign(p.vars, { SIGNING_KEYS: 'x', ADMIN_TOKEN: 'y' })],
    [
      'with rooms and channels as JSON text',
      (p) =>
        Object.assign(p.vars, {
          ROOMS: JSON.stringify([{ ...p.vars.ROOMS[0], bypass: [{ header: 'X-Probe', secret: 'BYPASS_PROBE' }] }]),
          ALERT_CHANNELS: JSON.stringify([{ name: 'chat', type: 'slack', url_from: 'SLACK_URL' }]),
        }),
    ],
    [
      'on a route, without ORIGIN_URL',
      (p) => {
        delete p.vars.ORIGIN_URL
        p.routes = [{ pattern: 'shop.example.com/*', zone_name: 'example.com' }]
      },
    ],
    [
      'with a service binding instead of an origin',
      (p) => {
        p.vars.ORIGIN_URL = 'http://127.0.0.1:1'
        p.services = [{ binding: 'ORIGIN', service: 'shop' }]
      },
    ],
    [
      'with names of its own for queues',
      (p) => {
        for (const one of [...p.queues.producers, ...p.queues.consumers])
          for (const key of ['queue', 'dead_letter_queue'])
            if (key in one) one[key] = one[key].replace('production-waiting-room', 'shop')
      },
    ],
    [
      'without optional bindings',
      (p, top) => {
        delete p.ratelimits
        delete p.analytics_engine_datasets
        delete top.assets
      },
    ],
  ])('%s', (_, change) => {
    expect(production(change).problems).toEqual([])
  })

  it('but missing optional bindings and costly logs are noted', () => {
    const { environment } = production((p, top) => {
      without(p.durable_objects.bindings, ({ name }) => name === 'GATHERER')
      delete p.ratelimits
      delete p.analytics_engine_datasets
      delete top.assets
      top.observability = { enabled: true }
    })
    expect(bindingNotes(environment.section).map((note) => note.split(':')[0])).toEqual([
      'no [[durable_objects.bindings]] GATHERER',
      'no [[ratelimits]] JOIN_LIMIT',
      'no [[ratelimits]] JOIN_LIMIT_NETWORK',
      'no [[analytics_engine_datasets]] FIGURES',
      'no invocation_logs = false in [observability.logs]',
      'no [assets] with the binding ASSETS',
    ])
  })
})

describe('npm run check', () => {
  it('reports the problems of all checks and environments together, and fails', () => {
    const file = changed((p, top) => {
      p.vars.ROOMS[0].queue_al = true
      p.vars.ROOMS[0].template = 'nowhere.html'
      p.vars.ORGN_URL = 'x'
      top.env.staging.vars.ORIGIN_URL = 'http://127.0.0.1:8080'
      delete top.triggers
    })
    const { status, stderr } = run('scripts/check-settings.ts', file)
    expect(status).toBe(1)
    expect(stderr).toMatch(/, production: invalid:\n/)
    for (const key of [
      'ROOMS[0].queue_al',
      'ROOMS[0].template',
      'ORGN_URL',
      'staging: invalid',
      'ORIGIN_URL: http://127',
      'triggers.crons',
    ]) {
      expect(stderr).toContain(key)
    }
  })

  it('finds every room setting and variable in docs/settings.md', () => {
    const documented = readFileSync(`${ROOT}/docs/settings.md`, 'utf8')
    const keys = [...documented.matchAll(/^\| (`[^|]+)/gm)].flatMap(([, cell = '']) => cell.match(/\w+/g) ?? [])
    expect(keys.sort()).toEqual([...Object.keys(roomEntries), ...VARIABLES.filter((name) => name !== 'ROOMS')].sort())
  })

  it('knows every variable and secret that the Worker declares', () => {
    const declared = readFileSync(`${ROOT}/src/env.d.ts`, 'utf8').matchAll(/^ {2}([A-Z][A-Z_]+)\?: (.+)$/gm)
    const plain = [...declared].filter(([, , type = '']) => !/Fetcher|SendEmail/.test(type)).map(([, name]) => name)
    expect(plain.length).toBeGreaterThan(5)
    for (const name of plain) expect([...VARIABLES, ...SECRETS]).toContain(name)
  })
})

describe('npm run deploy', () => {
  it.each([
    ['without --env', [], /choose an environment[\s\S]*npm run deploy -- --env staging/],
    ['with --env and nothing', ['--env', ''], /choose an environment/],
    ['as a dry run without --env', ['--dry-run'], /choose an environment/],
    [
      'with a misspelt environment',
      ['--env=prodution'],
      /no \[env\.prodution\] \(did you mean production\?\)[\s\S]*--env production/,
    ],
    [
      'while the origin is a placeholder',
      ['-e', 'production'],
      /env\.production\.vars\.ORIGIN_URL: https:\/\/origin\.example\.com is a placeholder: set it/,
    ],
  ])('refuses, with the remedy: %s', (_, args, remedy) => {
    const { status, stdout, stderr } = run('scripts/deploy.ts', ...args)
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(remedy)
  })

  it('refuses invalid settings, also in a dry run', () => {
    const file = changed((p) => (p.vars.ORIGIN_URL = 'http://192.168.0.7'))
    const { status, stderr } = run('scripts/deploy.ts', '--dry-run', '--env', 'production', '--config', file)
    expect([status, stderr]).toEqual([1, expect.stringContaining('ORIGIN_URL: http://192.168.0.7')])
  })

  it('uploads a bundle of the size that docs/bench.md states', () => {
    const out = join(folder, 'out')
    const { status, stdout } = run('scripts/deploy.ts', '--dry-run', '--env', 'staging', '--outdir', out)
    expect(status).toBe(0)
    const [, gzipKiB] = /gzip: ([\d.]+) KiB/.exec(stdout) ?? []
    const [, measured] =
      /^\| bundle \(gzip, minified\).*?\| ([\d.]+) KiB/m.exec(readFileSync(`${ROOT}/docs/bench.md`, 'utf8')) ?? []
    expect(Math.abs(Number(gzipKiB) - Number(measured))).toBeLessThan(10)
  })

  it('recognises a placeholder only by a reserved name', () => {
    const hostOf = (host: string) =>
      originPlaceholder(production((p) => (p.vars.ORIGIN_URL = `https://${host}`)).environment)
    for (const host of ['origin.example.com', 'example.net', 'a.example', 'site.invalid', 'site.test']) {
      expect(hostOf(host), host).toContain(host)
    }
    for (const host of ['shop.org', 'myexample.com', 'example.com.de', 'contest.de'])
      expect(hostOf(host), host).toBeNull()
  })
})
