/** A visitor's steps with an access key, as a browser takes them. */
import type { Stage } from './stage.ts'
import type { Reply, Visitor } from './visitor.ts'

export const KEY_COOKIE = 'waiting-room-_key'
export const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }
export const SAME_ORIGIN = {
  'Sec-Fetch-Site': 'same-origin',
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-Dest': 'document',
}

export const TAKEN = 'You are already waiting on another device'
export const REFUSED = 'This link does not work'

/** Opens a link with the key, and the page that it leads to. */
export async function openLink(visitor: Visitor, key: string, path = '/echo'): Promise<Reply> {
  const redirect = await visitor.get(`${path}?wr_key=${key}`)
  if (redirect.status !== 303 || redirect.headers.location !== path) {
    throw new Error(`No redirect: ${redirect.status} ${redirect.text.slice(0, 200)}`)
  }
  const page = await visitor.get(path)
  // A place that is new may be that of the browser that asks, which is sent there again.
  return page.status === 303 ? visitor.get(path) : page
}

/** A new visitor of the room, and the page that the link leads to. */
export async function opened(stage: Stage, room: string, key: string): Promise<[Visitor, Reply]> {
  const visitor = stage.visitor(room)
  return [visitor, await openLink(visitor, key)]
}

/** Confirms on the page that the place moves to this device. */
export function takeOver(visitor: Visitor, page: Reply): Promise<Reply> {
  const action = /action="([^"]*)"/.exec(page.text)?.[1] ?? ''
  const path = action.replace(/&#x([\dA-F]+);/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return visitor.post(path.replaceAll('&amp;', '&'), '', { ...FORM, ...SAME_ORIGIN })
}
