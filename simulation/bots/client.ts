/**
 * One client of the room, as its isolates see it: an address, cookies, and requests to the shipped
 * gate. Pages are not rendered: what they would say is the result of the visit.
 */
import type { Visit } from '../../src/gate/outcome.ts'
import { visit } from '../../src/gate/visit.ts'
import { DEFAULT_PREFIX } from '../../src/http/paths.ts'
import { requestUrl } from '../../src/http/request-url.ts'
import type { RoomSettings } from '../../src/settings/rooms.ts'
import { checkCookie } from '../../src/tokens/join-proof.ts'
import { KEY_HEADER } from '../../src/tokens/key-cookie.ts'
import { tokenCookie } from '../../src/tokens/token-cookie.ts'
import type { WorkChallenge } from '../../src/tokens/work-challenge.ts'
import type { SimulatedIsolate } from '../simulated-isolate.ts'
import { type GateCall, type GateDeployment, joinCheckRoute, readVisitor, roomContext } from './shipped-gate.ts'

/** An isolate with the deployment that it runs. */
export interface Station {
  readonly isolate: SimulatedIsolate
  readonly deployment: GateDeployment
}

const SITE = 'https://shop.example/'
const AGENT = 'Mozilla/5.0'

export class Client {
  /** The number that the client was told last; null: none. */
  number: number | null = null
  /** The work that the client was asked for last; null: none. */
  challenge: WorkChallenge | null = null
  readonly address: string
  /** As a link gave it to the browser; null: the client has none. */
  private readonly accessKey: string | null
  private readonly station: Station
  private readonly room: RoomSettings
  private readonly cookies = new Map<string, string>()

  constructor(station: Station, room: RoomSettings, address: string, accessKey: string | null = null) {
    this.station = station
    this.room = room
    this.address = address
    this.accessKey = accessKey
  }

  /** Opens the page. A newcomer joins. */
  async open(headers: Readonly<Record<string, string>> = {}): Promise<Visit> {
    const call = this.call(SITE, headers)
    const visitor = await readVisitor(roomContext(call, this.room))
    const outcome = await visit(visitor, visitor.presented, { mayJoin: true, hasPage: true })
    const token = outcome.state === 'admitted' ? outcome.pass : outcome.state === 'waiting' ? outcome.ticket : null
    if (token !== null) {
      this.number = token.token.number
      this.keep(tokenCookie(this.room, true, token.text))
    }
    if (outcome.state === 'unchecked') {
      // As the page of the check does.
      this.challenge = (await visitor.joinCheck()?.work?.challenge()) ?? null
      this.keep(checkCookie(call.request, null))
    }
    return outcome
  }

  /** Sends the form of the check page. */
  async answerCheck(fields: Readonly<Record<string, string>>): Promise<Response> {
    const url = `${SITE.slice(0, -1)}${DEFAULT_PREFIX}/join-check?room=${this.room.name}&return=%2F`
    const response = await joinCheckRoute(this.call(url, {}, new URLSearchParams(fields)))
    for (const cookie of response.headers.getSetCookie()) this.keep(cookie)
    return response
  }

  /** The page whose ticket never advances looks like any other: only the simulation can tell. */
  get isInInfiniteQueue(): boolean {
    const [{ kid } = { kid: '' }] = this.station.deployment.infiniteKeys
    return [...this.cookies.values()].some((value) => value.startsWith(`${kid}.`))
  }

  private call(href: string, more: Readonly<Record<string, string>>, body?: URLSearchParams): GateCall {
    const { isolate, deployment } = this.station
    const headers = {
      'CF-Connecting-IP': this.address,
      'User-Agent': AGENT,
      Cookie: [...this.cookies].map((pair) => pair.join('=')).join('; '),
      // The cookie of a key is removed by the join.
      ...(this.accessKey === null || this.number !== null ? {} : { [KEY_HEADER]: this.accessKey }),
      ...more,
    }
    const request = new Request(href, body === undefined ? { headers } : { method: 'POST', headers, body })
    return { request, url: requestUrl(href), deployment, keepAlive: isolate }
  }

  /** Keeps or deletes a cookie of a `Set-Cookie`. */
  private keep(setCookie: string): void {
    const [pair = '', ...attributes] = setCookie.split('; ')
    const at = pair.indexOf('=')
    if (attributes.includes('Max-Age=0')) this.cookies.delete(pair.slice(0, at))
    else this.cookies.set(pair.slice(0, at), pair.slice(at + 1))
  }
}
