/**
 * Answers about access keys: pages for people, problem details for programs. None of them is a
 * place in line.
 */
import { pathOfThisHost } from '../http/paths.ts'
import { problem } from '../http/problem.ts'
import { KEY_RETRY_MS } from '../limits.ts'
import type { SmallPageTexts } from '../pages/messages/messages.ts'
import { entrySetting } from '../settings/entry-settings.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { hasKeyCookie, KEY_HEADER, keyCookie, retriedKeyCookie } from '../tokens/key-cookie.ts'
import type { KeyOutcome, KeyRefusal } from './key-entry.ts'
import type { Visit } from './outcome.ts'
import type { RoomContext } from './room-context.ts'
import { returnPath, smallPage } from './small-pages.ts'
import { shownNumber } from './visitor-status.ts'

const VARY = { Vary: 'Accept, Accept-Language, Cookie' }

/** @param href where the visitor goes on: the requested page */
export function keyPage(context: RoomContext, outcome: KeyOutcome, href = returnPath(context)): Response {
  const { room } = context
  const options = { room, headers: VARY }
  switch (outcome.state) {
    case 'uninvited':
      return smallPage(context, 403, ({ keyNeeded: { title, text } }) => ({ title, text }), options)
    case 'key-refused':
      return smallPage(
        context,
        403,
        ({ keyRefused }) => ({
          title: keyRefused.title,
          text: reasonOf(keyRefused, outcome.why),
          ...(entrySetting(context, 'require_access_key') ? {} : { link: { href, label: keyRefused.link } }),
        }),
        options,
      )
    case 'taken':
      return smallPage(
        context,
        409,
        ({ taken: { title, text, link = '' } }) => ({
          title,
          text: text.replace('{number}', String(shownNumber(context.client.view, outcome.number))),
          form: { action: takeOverPath(room, href), label: link },
        }),
        options,
      )
  }
}

/**
 * A place that is held since a moment ago may be this browser's: it opened its link twice, and the
 * answer with its ticket is still under way. So it is sent to the same page again, once. Null: it
 * was, or another device holds the place.
 */
export async function askAgain(context: RoomContext, outcome: KeyOutcome): Promise<Response | null> {
  const cookie = outcome.state === 'taken' && outcome.isNew ? retriedKeyCookie(context.request) : null
  if (cookie === null) return null
  await new Promise((resolve) => setTimeout(resolve, KEY_RETRY_MS))
  const headers = { Location: pathOfThisHost(returnPath(context)), 'Cache-Control': 'no-store', 'Set-Cookie': cookie }
  return new Response(null, { status: 303, headers })
}

/** `Set-Cookie` that removes a key which is no longer needed; null: none does. */
export function settledKeyCookie(request: Request, { keySettled }: Visit): string | null {
  return keySettled === true && hasKeyCookie(request) ? keyCookie(request, null) : null
}

function takeOverPath({ name, prefix }: RoomSettings, href: string): string {
  return `${prefix}/take-over?room=${name}&return=${encodeURIComponent(href)}`
}

function reasonOf({ used, revoked, expired, invalid }: SmallPageTexts['keyRefused'], why: KeyRefusal): string {
  return { 'key-used': used, 'key-revoked': revoked, 'key-expired': expired, 'key-invalid': invalid }[why]
}

const REASONS: Readonly<Record<KeyRefusal, string>> = {
  'key-used': 'It was used as often as it may be.',
  'key-revoked': 'It was revoked.',
  'key-expired': 'It has expired, or it was made for another run of the room.',
  'key-invalid': 'It was not made for this room, is not complete or is not valid yet.',
}

export function keyProblem(context: RoomContext, outcome: KeyOutcome): Response {
  const { room } = context
  const fields = { room: room.name }
  switch (outcome.state) {
    case 'uninvited': {
      const detail = `This room needs an access key: send it in the header ${KEY_HEADER}, or open the link that you got.`
      return problem(403, 'Access key needed', detail, {}, fields)
    }
    case 'key-refused': {
      const remedy = entrySetting(context, 'require_access_key')
        ? ''
        : ' Leave the key out to join the line without it.'
      return problem(403, 'Access key refused', REASONS[outcome.why] + remedy, {}, { ...fields, reason: outcome.why })
    }
    case 'taken': {
      const detail =
        `The key's place is held elsewhere. POST ${room.prefix}/take-over?room=${room.name} with the same key to continue here. ` +
        `To repeat a request whose answer was lost, send ${KEY_HEADER}: KEY~NONCE, with the same nonce both times.`
      return problem(409, 'The place is held by another device', detail, {}, { ...fields, number: outcome.number })
    }
  }
}
