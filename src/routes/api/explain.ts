/** Which room takes a URL, and why. */
import type { Context } from 'hono'
import * as v from 'valibot'
import type { AppEnv } from '../../app-env.ts'
import { matchesBypass } from '../../bypass/bypass.ts'
import { roomOfReturn } from '../../gate/hand-over.ts'
import { problem } from '../../http/problem.ts'
import { requestUrl } from '../../http/request-url.ts'
import { explainRoute } from '../../settings/route-explanation.ts'
import type { RequestFacts } from '../../settings/route-table.ts'
import { NO_STORE, type Operation } from './operation.ts'
import { explanationSchema } from './room-schemas.ts'

const URL_MAX_CHARS = 8_000
const HEADERS_MAX = 20

export const explainOperations: readonly Operation[] = [
  {
    id: 'explainUrl',
    method: 'get',
    path: '/explain',
    tag: 'rooms',
    summary: 'Which room takes a URL, and why',
    description:
      'Nothing is sent to the URL. The answer also names up to 19 other routes that come near, and what keeps each of them from the request.',
    needs: 'read',
    parameters: {
      url: {
        in: 'query',
        required: true,
        description: 'The address as a visitor opens it.',
        schema: v.pipe(v.string(), v.maxLength(URL_MAX_CHARS)),
        example: 'https://shop.example.com/sale',
      },
      method: { in: 'query', description: 'Default: GET.', schema: v.string() },
      header: {
        in: 'query',
        description: 'A header of the request, such as `Cookie: beta=1`; may be repeated.',
        schema: v.pipe(v.array(v.string()), v.maxLength(HEADERS_MAX)),
      },
      country: { in: 'query', description: "The visitor's country, such as DE. Default: unknown.", schema: v.string() },
      address: { in: 'query', description: "The visitor's IP address. Default: unknown.", schema: v.string() },
    },
    answers: { 200: { description: 'The room, and the others that came near.', schema: explanationSchema } },
    refusals: { 400: 'The URL or a header cannot be read.' },
    handle: explain,
  },
]

function explain(c: Context<AppEnv>): Response {
  const { routes, bypasses, prefix } = c.var.deployment
  const facts = factsOf(c)
  if (typeof facts === 'string') return problem(400, 'Bad query', facts)
  const { canonical } = facts.url
  const isEndpoint = canonical === prefix || canonical.startsWith(`${prefix}/`)
  const returning = isEndpoint ? undefined : roomOfReturn(routes, facts.url)
  const candidates = isEndpoint || returning !== undefined ? [] : explainRoute(routes, facts)
  const room = returning ?? routes.named(candidates.find(({ outcome }) => outcome === 'takes')?.room ?? '')
  const skipping =
    room === undefined ? undefined : bypasses.get(room.name)?.findIndex((rule) => matchesBypass([rule], facts))
  const body = {
    url: facts.href,
    room: room?.name ?? null,
    endpoint: isEndpoint,
    redirectMode: returning !== undefined,
    bypassRule: skipping === undefined || skipping < 0 ? null : skipping + 1,
    candidates: candidates.map(({ route: { host = null, path }, ...rest }) => ({ ...rest, host, path })),
  }
  return c.json(body, 200, NO_STORE)
}

/** A text names the problem. */
function factsOf(c: Context<AppEnv>): (RequestFacts & { readonly href: string }) | string {
  const { url: href = '', method = 'GET', country, address = '' } = c.req.query()
  if (href.length > URL_MAX_CHARS || !/^https?:\/\//.test(href) || !URL.canParse(href)) {
    return '"url" must be an address with http:// or https://, such as https://shop.example.com/sale'
  }
  const headers = new Headers()
  for (const line of (c.req.queries('header') ?? []).slice(0, HEADERS_MAX)) {
    const [, name = '', value = ''] = /^([\w!#$%&'*+.^`|~-]+): *([\x20-\x7e]*)$/.exec(line) ?? []
    if (name === '') return '"header" must be such as "Cookie: beta=1"'
    headers.append(name, value)
  }
  if (!/^[0-9a-f.:]*$/i.test(address)) return '"address" must be an IP address'
  headers.set('CF-Connecting-IP', address)
  const request = { method: method.toUpperCase(), headers, cf: country === undefined ? {} : { country } }
  try {
    const url = requestUrl(new URL(href).href)
    return { url, request, href: url.href }
  } catch {
    return '"url" has a host that is not a host name'
  }
}
