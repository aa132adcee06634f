import { mkdirSync } from 'node:fs'
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { substitutes } from './simulation/stand-ins/substitutes.ts'
import { PATIENCE_MS, TEST_TIMEOUT_MS } from './test/contract/support/patience.ts'
import { LongFilesFirst } from './test/support/long-files-first.ts'

// The tools write caches and logs to HOME and temporary files: both stay in the project's ignored
// folder.
const cache = new URL('.cache/test/', import.meta.url).pathname
for (const [name, folder] of [
  ['HOME', 'home'],
  ['XDG_CONFIG_HOME', 'config'],
  ['TMPDIR', 'tmp'],
] as const) {
  mkdirSync(`${cache}${folder}`, { recursive: true })
  process.env[name] = `${cache}${folder}`
}
process.env.WRANGLER_SEND_METRICS = 'false'

/** The tests speak http to their hosts. */
const OVER_HTTP = { force_https: false }

/** The bindings of the Worker's tests. The real values of a deployment are in wrangler.toml. */
const bindings = {
  ROOMS: [
    { name: 'shop', path: '/', total_active_users: 3, new_users_per_minute: 600 },
    { name: 'slow', host: 'slow.example', total_active_users: 100, new_users_per_minute: 6 },
    { name: 'strict', host: 'strict.example', total_active_users: 1, new_users_per_minute: 600, max_waiting: 2 },
    {
      name: 'alarmed',
      host: 'alarmed.example',
      total_active_users: 1,
      new_users_per_minute: 600,
      alerts: [{ name: 'crowd', metric: 'waiting', above: 3, for_minutes: 2, channels: ['ops'] }],
    },
    {
      name: 'watched',
      host: 'watched.example',
      total_active_users: 1,
      new_users_per_minute: 600,
      alerts: [{ name: 'failing', metric: 'origin_error_ratio', above: 0.2, for_minutes: 2, channels: ['ops'] }],
    },
    {
      name: 'guarded',
      host: 'guarded.example',
      total_active_users: 3,
      new_users_per_minute: 600,
      origin_error_ratio_max: 0.2,
      alerts: [{ name: 'slowed', metric: 'admission_factor', below: 1, for_minutes: 1, channels: ['ops'] }],
    },
    {
      name: 'pushed',
      host: 'pushed.example',
      total_active_users: 1,
      new_users_per_minute: 600,
      stats_push_url: 'http://127.0.0.1:9/',
    },
    {
      name: 'eventful',
      host: 'eventful.example',
      total_active_users: 1,
      new_users_per_minute: 600,
      events: [
        { name: 'Gala', event_start_time: '2041-01-01T10:00:00Z', event_end_time: '2041-01-01T12:00:00Z' },
        {
          name: 'Called off',
          event_start_time: '2041-01-02T10:00:00Z',
          event_end_time: '2041-01-02T12:00:00Z',
          suspended: true,
        },
      ],
      alerts: [
        { name: 'soon', metric: 'event_starting', above: 0, channels: ['ops'] },
        { name: 'over', metric: 'event_ended', above: 0, channels: ['ops'] },
      ],
    },
    { name: 'held', host: 'held.example', total_active_users: 5, new_users_per_minute: 600, queue_all: true },
  ].map((room) => ({ ...OVER_HTTP, ...room })),
  SIGNING_KEYS: 'test:c2l4dHktZm91ci1ieXRlcy1vZi1ub3Qtc28tc2VjcmV0LXRlc3Qta2V5LW1hdGVyaWFs',
  // Nobody listens there: what is delivered is tested elsewhere.
  ALERT_CHANNELS: [{ name: 'ops', type: 'webhook', url: 'http://127.0.0.1:9/' }],
  ALERT_SECRETS: ['ops', 'stats-push']
    .map((name) => `${name}:whsec_dGVzdC1zZWNyZXQtb2YtMzItYnl0ZXMtZm9yLXRlc3Rz`)
    .join(','),
  ADMIN_TOKEN: 'the-admin-token-of-the-tests',
  ORIGIN_URL: 'http://origin.invalid',
}

/**
 * No test fails because the machine is slow. The files of a project share a few processes: a new
 * process for each file, which loads everything again, took a third of the time of all tests. So a
 * file cleans up what it changes outside of itself.
 */
const patient = {
  isolate: false,
  testTimeout: TEST_TIMEOUT_MS,
  hookTimeout: TEST_TIMEOUT_MS,
  expect: { poll: { timeout: PATIENCE_MS } },
}

export default defineConfig({
  test: {
    teardownTimeout: PATIENCE_MS,
    sequence: { sequencer: LongFilesFirst },
    projects: [
      {
        test: {
          ...patient,
          name: 'core',
          environment: 'node',
          include: ['test/{core,exchange,admin,origin}/**/*.test.ts'],
        },
      },
      { test: { ...patient, name: 'deployment', environment: 'node', include: ['test/deployment/**/*.test.ts'] } },
      {
        resolve: { alias: [...substitutes] },
        test: { ...patient, name: 'simulation', environment: 'node', include: ['test/simulation/**/*.test.ts'] },
      },
      {
        test: {
          ...patient,
          name: 'contract',
          environment: 'node',
          include: ['test/contract/**/*.test.ts'],
          globalSetup: ['test/contract/support/build-worker.ts'],
          // After the layers that compute; several files at once, since they mostly wait.
          sequence: { groupOrder: 1 },
          maxWorkers: 4,
        },
      },
      {
        test: {
          ...patient,
          name: 'browser',
          environment: 'node',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: ['test/contract/support/build-worker.ts', 'test/browser/support/prepare-browser.ts'],
          // After the other layers, whose load would slow its pages.
          sequence: { groupOrder: 2 },
          maxWorkers: 3,
        },
      },
      {
        test: {
          ...patient,
          name: 'engines',
          environment: 'node',
          include: ['test/engines/**/*.test.ts'],
          globalSetup: ['test/engines/support/prepare-engines.ts'],
          // Beside the contract tests, which mostly wait.
          sequence: { groupOrder: 1 },
          maxWorkers: 4,
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: { bindings, email: { send_email: [{ name: 'EMAIL' }] } },
          }),
        ],
        test: {
          ...patient,
          name: 'workers',
          include: ['test/workers/**/*.test.ts'],
          globalSetup: ['test/workers/support/receivers.ts'],
        },
      },
    ],
  },
})
