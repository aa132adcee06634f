/**
 * The address that redirect mode sends an admitted visitor to. Visitors bring it in a parameter, so
 * it may be anything: only addresses on the listed hosts count.
 */
import { RETURN_URL_MAX_CHARS } from '../limits.ts'
import { isHostName, placeOf } from './hosts.ts'

/** Whether a text can be in `return_hosts`: a host, and a port unless it is the usual one. */
export function isReturnHost(text: string): boolean {
  const [, name = ''] = /^([^:]*)(?::[1-9]\d*)?$/.exec(text) ?? []
  // The parser drops the usual port, and refuses one that is too large.
  return isHostName(name) && URL.canParse(`https://${text}`) && new URL(`https://${text}`).host === text
}

/** The scheme and host of a return host: plain http leads to this machine only. */
export function returnOrigins(hosts: readonly string[]): string[] {
  return hosts.flatMap((host) => (isOnThisMachine(host) ? [`https://${host}`, `http://${host}`] : [`https://${host}`]))
}

function isOnThisMachine(host: string): boolean {
  return placeOf(new URL(`https://${host}`).hostname) === 'loopback'
}

export type ReturnAddress =
  | { readonly url: URL; readonly problem: null }
  /** For the person who wrote the link. */
  | { readonly url: null; readonly problem: string }

const SHOWN_HOST_MAX_CHARS = 100

/** @param text of the parameter `return`; null: it is missing */
export function returnAddress(text: string | null, room: string, hosts: readonly string[]): ReturnAddress {
  if (text === null || text === '') return refused('The parameter "return" is missing.')
  if (text.length > RETURN_URL_MAX_CHARS) {
    return refused(`The address in "return" is longer than ${RETURN_URL_MAX_CHARS} characters.`)
  }
  // Browsers, libraries and proxies read these in different ways.
  if (/[^\x21-\x5b\x5d-\x7e\u0080-\uffff]/.test(text)) {
    return refused('The address in "return" has a backslash, a space or a control character.')
  }
  const [, authority] = /^https?:\/\/([^/?#]+)/i.exec(text) ?? []
  if (authority === undefined || !URL.canParse(text)) {
    return refused('The address in "return" must begin with "https://" and a host.')
  }
  if (authority.includes('@')) return refused('The address in "return" has a user name.')
  const url = new URL(text)
  if (!hosts.includes(url.host)) {
    const shown = url.host.slice(0, SHOWN_HOST_MAX_CHARS)
    return refused(`The host "${shown}" is not in return_hosts of the room "${room}".`)
  }
  if (url.protocol === 'https:' || isOnThisMachine(url.host)) return { url, problem: null }
  return refused('The address in "return" must begin with "https://".')
}

function refused(problem: string): ReturnAddress {
  return { url: null, problem }
}

/** The address with one more parameter, or another value of it. All others stay as they are. */
export function withParameter({ href }: URL, name: string, value: string): string {
  const [, start = '', query = '', fragment = ''] = /^([^?#]*)\??([^#]*)(#.*)?$/.exec(href) ?? []
  const others = query.split('&').filter((part) => part !== '' && part.split('=', 1)[0] !== name)
  return `${start}?${[...others, `${name}=${value}`].join('&')}${fragment}`
}
