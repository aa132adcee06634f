/** Host names as settings, URLs and cookies write them. */

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const HOST_NAME = new RegExp(`^(?:${LABEL}\\.)*${LABEL}$`)
const HOST_NAME_MAX_CHARS = 253

/** Whether a text is a lower-case host name, without a port or a final dot. */
export function isHostName(text: string): boolean {
  return text.length <= HOST_NAME_MAX_CHARS && HOST_NAME.test(text)
}

/** "example.com." is the same host as "example.com", fully qualified. */
export function withoutFinalDot(hostname: string): string {
  return hostname.endsWith('.') ? hostname.slice(0, -1) : hostname
}

/** Whether a host is the domain itself or a host below it. */
export function isWithin(hostname: string, domain: string): boolean {
  return hostname === domain || hostname.endsWith(`.${domain}`)
}

/** Whether two hosts can belong to one Cloudflare zone: a zone's name has two labels or more. */
export function canShareZone(one: string, other: string): boolean {
  const lastTwo = (hostname: string) => hostname.split('.').slice(-2).join('.')
  return lastTwo(one) === lastTwo(other)
}
