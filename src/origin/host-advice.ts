/**
 * Recognizes answers of a site that does not know by which host and scheme its visitors reach it. Such a site redirects for ever,
 * refuses the request, or sends visitors past the room. Operators get one log event with the remedy.
 */
import { withoutFinalDot } from '../http/host-name.ts'
import type { RequestUrl } from '../http/request-url.ts'
import { logRepeatedWarning } from '../log/log.ts'
import { type RoomSettings, roomsOfHost } from '../settings/rooms.ts'

const HELP = 'docs/origin.md, "What the site sees"'
const TRUST_FORWARDED = 'Have the site take its host and scheme from X-Forwarded-Host and X-Forwarded-Proto'

const REMEDIES = {
  origin_redirects_to_itself: `The site redirects to the URL that was asked for. ${TRUST_FORWARDED}, or set ORIGIN_HOST: ${HELP}`,
  origin_redirects_to_other_host: `The site sends visitors to another host, past the room. ${TRUST_FORWARDED}, set ORIGIN_HOST, or put a room in front of that host: ${HELP}`,
  origin_refuses_host: `The site answers 421: it serves another host. Set ORIGIN_HOST, or have the site accept this one: ${HELP}`,
}

const REDIRECT_STATUSES = [301, 302, 303, 307, 308]

export interface Exchange {
  readonly request: Request
  /** The URL that the visitor asked for. */
  readonly ours: RequestUrl
  /** What the origin was asked for. */
  readonly target: string
  /** As the origin sent it. */
  readonly sent: Response
  /** With our names. */
  readonly answer: Response
}

/** Logs what is wrong with an answer, and gives it back: with https where the site insists on it. */
export function checkHost(exchange: Exchange, rooms: readonly RoomSettings[]): Response {
  const { answer } = exchange
  if (answer.status === 421) warn('origin_refuses_host', exchange)
  if (!REDIRECT_STATUSES.includes(answer.status)) return answer
  const aim = judgedAim(exchange)
  if (aim === null) return answer
  if (aim.href === exchange.ours.href) {
    if (wantsTls(exchange)) return overTls(answer)
    warn('origin_redirects_to_itself', exchange)
  } else if (leadsAway(aim, exchange, rooms)) {
    warn('origin_redirects_to_other_host', exchange)
  }
  return answer
}

/**
 * Where a redirect leads, without a fragment; null: it is not judged. A form leads back to its own page, and a redirect that sets a
 * cookie leads to another answer the next time.
 */
function judgedAim({ request, ours, answer }: Exchange): URL | null {
  const location = answer.headers.get('Location') ?? ''
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (location === '' || !isRead || answer.headers.has('Set-Cookie')) return null
  if (!URL.canParse(location, ours.href)) return null
  const aim = new URL(location, ours.href)
  aim.hash = ''
  return aim
}

/** A visitor over plain http was sent to the origin's own https: on our host https is another URL, and no loop. */
function wantsTls({ ours, sent }: Exchange): boolean {
  const saidTls = /^https:/i.test(sent.headers.get('Location') ?? '')
  return saidTls && ours.protocol === 'http:' && ours.host === ours.hostname
}

/** `answer`: the copy with our names, since the origin named https and its `Location` has http now. */
function overTls(answer: Response): Response {
  const location = answer.headers.get('Location') ?? ''
  answer.headers.set('Location', location.replace(/^http:/, 'https:'))
  return answer
}

/** The same path and query on a host that no room names: the site redirects to its canonical host. */
function leadsAway(aim: URL, { ours }: Exchange, rooms: readonly RoomSettings[]): boolean {
  const isSamePage = aim.pathname === ours.pathname && aim.search === ours.search
  const isOurHost = withoutFinalDot(aim.hostname) === withoutFinalDot(ours.hostname)
  if (!isSamePage || isOurHost || !aim.protocol.startsWith('http')) return false
  // A room without a host says nothing of which hosts are routed to it.
  return !roomsOfHost(rooms, aim.hostname).some(({ host }) => host !== undefined)
}

function warn(event: keyof typeof REMEDIES, { ours, target }: Exchange): void {
  const { host } = new URL(target)
  logRepeatedWarning(event, host, { host, visitorHost: ours.host, remedy: REMEDIES[event] })
}
