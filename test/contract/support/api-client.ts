/**
 * An operator's API client: calls the API as a program with a token, or as the browser of the
 * operators' page.
 */
import { type Headers, OVER_TLS, type Reply, Visitor } from './visitor.ts'
import { ADMIN_TOKEN } from './worker-config.ts'
import type { Workerd } from './workerd.ts'

const BASE = '/__waiting-room/api/v1'

/** The headers that the operators' page sends with each change. */
export const OWN_PAGE: Headers = { 'Waiting-Room-Operator': '1', 'Sec-Fetch-Site': 'same-origin' }

export class ApiClient {
  readonly browser: Visitor
  private readonly headers: Headers

  /** `headers`: sent with each call instead of the token. */
  constructor(workerd: Workerd, headers: Headers = { Authorization: `Bearer ${ADMIN_TOKEN}` }) {
    this.headers = headers
    this.browser = new Visitor(workerd, 'operator.test', {})
  }

  /** As a browser over TLS, with the cookies that it has received. */
  static browser(workerd: Workerd): ApiClient {
    return new ApiClient(workerd, { ...OVER_TLS, ...OWN_PAGE })
  }

  call(method: string, path: string, body?: unknown, extra: Headers = {}): Promise<Reply> {
    return this.browser.send({
      method,
      path: `${BASE}${path}`,
      headers: { ...this.headers, ...extra },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  }

  get(path: string, extra: Headers = {}): Promise<Reply> {
    return this.call('GET', path, undefined, extra)
  }

  /** Performs an action on a room. */
  act(room: string, action: string, body?: unknown): Promise<Reply> {
    return this.call('POST', `/rooms/${room}/actions/${action}`, body)
  }

  logIn(token: string): Promise<Reply> {
    return this.call('POST', '/session', { token })
  }
}
