/** The schema of a room's `allowed_origins`: origins exactly as browsers write them in the header `Origin`. */
import * as v from 'valibot'
import { ALLOWED_ORIGIN_MAX_CHARS, ALLOWED_ORIGINS_MAX } from '../limits.ts'

const message =
  'must be an origin as browsers send it, such as "https://app.example.com", "http://localhost:3000" (http for loopback only) ' +
  'or "capacitor://localhost": lower case, no path, no trailing slash, no default port, no wildcard'

const ORIGIN = /^([a-z][a-z0-9+.-]*):\/\/(\[::1\]|[a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::\d{1,5})?$/
const LOOPBACK = /^(localhost|(?:[a-z0-9-]+\.)+localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** Pages of these schemes send `Origin: null`, or none at all. */
const SCHEMES_WITHOUT_ORIGIN = ['about', 'blob', 'data', 'file', 'ftp', 'javascript', 'ws', 'wss']

export const allowedOriginsSchema = v.pipe(
  v.array(
    v.pipe(v.string(message), v.maxLength(ALLOWED_ORIGIN_MAX_CHARS, message), v.check(isSerializedOrigin, message)),
    'must be a list of origins',
  ),
  v.maxLength(ALLOWED_ORIGINS_MAX, `at most ${ALLOWED_ORIGINS_MAX} origins`),
)

function isSerializedOrigin(text: string): boolean {
  const [, scheme = '', host = ''] = ORIGIN.exec(text) ?? []
  if (scheme === '' || !URL.canParse(text)) return false
  // A parser that would write it in another way (a default port, an upper-case host) means that no browser sends it like this.
  if (scheme === 'https') return new URL(text).origin === text
  if (scheme === 'http') return new URL(text).origin === text && LOOPBACK.test(host)
  return !SCHEMES_WITHOUT_ORIGIN.includes(scheme)
}
