/** The hosts that a room covers, and those whose pages may call it or get its visitors back. */
import * as v from 'valibot'
import { isHostName } from '../http/hosts.ts'
import { isReturnHost } from '../http/return-address.ts'
import { ALLOWED_ORIGIN_MAX_CHARS, ALLOWED_ORIGINS_MAX, RETURN_HOSTS_MAX } from '../limits.ts'

const hostMessage = 'must be a lower-case host name without port, or "*." and a domain'
const isHostPattern = (text: string) => isHostName(text.replace(/^\*\./, ''))
export const host = v.pipe(v.string(hostMessage), v.check(isHostPattern, hostMessage))

const originMessage =
  'must be an origin as browsers send it, such as "https://app.example.com", "http://localhost:3000" (http for loopback only) ' +
  'or "capacitor://localhost": lower case, no path, no trailing slash, no default port, no wildcard'

const ORIGIN = /^([a-z][a-z0-9+.-]*):\/\/(\[::1\]|[a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::\d{1,5})?$/
const LOOPBACK = /^(localhost|(?:[a-z0-9-]+\.)+localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** Pages of these schemes send `Origin: null`, or no `Origin`. */
const SCHEMES_WITHOUT_ORIGIN = ['about', 'blob', 'data', 'file', 'ftp', 'javascript', 'ws', 'wss']

/** Origins exactly as browsers write them in the `Origin` header. */
export const allowedOrigins = v.pipe(
  v.array(
    v.pipe(
      v.string(originMessage),
      v.maxLength(ALLOWED_ORIGIN_MAX_CHARS, originMessage),
      v.check(isSerializedOrigin, originMessage),
    ),
    'must be a list of origins',
  ),
  v.maxLength(ALLOWED_ORIGINS_MAX, `at most ${ALLOWED_ORIGINS_MAX} origins`),
)

function isSerializedOrigin(text: string): boolean {
  const [, scheme = '', host = ''] = ORIGIN.exec(text) ?? []
  if (scheme === '' || !URL.canParse(text)) return false
  // The parser normalises default ports and upper-case hosts. Browsers send the normalised form
  // only.
  if (scheme === 'https') return new URL(text).origin === text
  if (scheme === 'http') return new URL(text).origin === text && LOOPBACK.test(host)
  return !SCHEMES_WITHOUT_ORIGIN.includes(scheme)
}

const returnHostMessage =
  'must be a host such as "shop.example", in lower case and without wildcard, with its port unless that is 443; write other scripts as "xn--..."'

export const returnHosts = v.pipe(
  v.array(v.pipe(v.string(returnHostMessage), v.check(isReturnHost, returnHostMessage)), 'must be a list of hosts'),
  v.maxLength(RETURN_HOSTS_MAX, `at most ${RETURN_HOSTS_MAX} hosts`),
)
