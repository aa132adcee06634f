/**
 * npm run bench -- --routes: how long it takes to find the room of a URL among 1,000 rooms, in this
 * process alone.
 */
import { requestUrl } from '../src/http/request-url.ts'
import { parseRoom } from '../src/settings/rooms.ts'
import { type RequestFacts, routeTable } from '../src/settings/route-table.ts'
import { cpuMs } from './cpu-ms.ts'

const ROOMS = 1_000
const TARGET_US = 5
const LOOK_UPS = 200_000
/** Other work on the machine slows a run down even in processor time, so the best one counts. */
const RUNS = 5

const limits = { total_active_users: 1, new_users_per_minute: 1 }

/** The request, and how the rooms lie. */
const CASES: readonly (readonly [label: string, table: (i: number) => object, url: string, cookie?: string])[] = [
  ['a host for each room', (i) => ({ host: `shop${i}.example.com` }), 'https://shop500.example.com/a/b/c?d=e'],
  ['a path for each room', (i) => ({ path: `/shop/${i}` }), 'https://example.com/shop/500/a/b/c'],
  ['no room covers it', (i) => ({ path: `/shop/${i}` }), 'https://example.com/other/500/a/b/c'],
  ['a wildcard for each room', (i) => ({ host: `*.shop${i}.example.com` }), 'https://a.b.shop500.example.com/a/b/c'],
  [
    'a path for each room, any case',
    (i) => ({ path: `/shop/${i}`, path_case_sensitive: false }),
    'https://example.com/SHOP/500/a/b/c',
  ],
  [
    'a path and a cookie for each room',
    (i) => ({ path: `/shop/${i}`, match: [{ cookies: { beta: '1*' } }] }),
    'https://example.com/shop/500/a/b/c',
    'session=0123456789abcdef; theme=dark; beta=12',
  ],
]

const rows = CASES.map(([label, table, href, cookie]) => {
  const rooms = Array.from({ length: ROOMS }, (_, i) => parseRoom({ name: `room-${i}`, ...limits, ...table(i) }))
  const headers = new Headers(cookie === undefined ? {} : { Cookie: cookie })
  const facts: RequestFacts = { url: requestUrl(href), request: { method: 'GET', headers } }
  const routes = routeTable(rooms)
  const isFound = routes.find(facts) !== undefined
  if (isFound === (label === 'no room covers it')) throw new Error(`${label}: the wrong room`)
  const timeOf = () =>
    cpuMs(() => {
      for (let i = 0; i < LOOK_UPS; i++) routes.find(facts)
    })
  const us = (Math.min(...Array.from({ length: RUNS }, timeOf)) * 1000) / LOOK_UPS
  const buildMs = cpuMs(() => routeTable(rooms))
  return {
    [`${ROOMS} rooms`]: label,
    'us a look-up': Number(us.toFixed(2)),
    'ms to build': Math.round(buildMs),
    met: us < TARGET_US,
  }
})
console.table(rows)
if (rows.some(({ met }) => !met)) process.exitCode = 1
