/**
 * The page of the check before joining. It runs Cloudflare's Turnstile and posts the result. It
 * looks like the small pages; its policy allows Turnstile's host, too.
 */
import type { Language } from '../languages.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { messages } from './messages/index.ts'
import { PLAIN_PAGE_STYLE_HASH, plainPageHeaders, renderPlainPage } from './plain-page.ts'

export interface CheckPage {
  readonly language: Language
  /** Where the form goes. */
  readonly action: string
  readonly siteKey: string
  readonly mode: RoomSettings['turnstile_mode']
  /** Visitors without a result may go on: failures are only logged. */
  readonly mayContinue: boolean
  /** The form is sent as soon as there is a result. */
  readonly isAutomatic: boolean
}

const TURNSTILE = 'https://challenges.cloudflare.com'

/** The widget's language tags, where they differ from ours in lower case. */
const WIDGET_LANGUAGES: Readonly<Record<string, string>> = { 'zh-Hans': 'zh-cn', 'zh-Hant': 'zh-tw' }

/**
 * Shows the widget and sends its token. Explains itself when the widget fails, cannot be loaded or
 * takes long; the button then sends the form without a token. The policy allows it by
 * `CHECK_SCRIPT_HASH`.
 */
export const CHECK_SCRIPT = `
const form = document.forms[0], button = form.querySelector('button'), { dataset } = form
const trouble = () => !(document.getElementById('trouble').hidden = button.hidden = false)
setTimeout(trouble, 30000)
addEventListener('error', ({ target }) => target.src && trouble(), true)
onTurnstile = () => turnstile.render('#check', {
  sitekey: dataset.key, action: 'waiting-room-join', language: dataset.language, appearance: dataset.appearance,
  'response-field': false, 'error-callback': trouble, 'unsupported-callback': trouble, 'timeout-callback': trouble,
  callback(token) {
    form.token.value = token
    if (dataset.automatic) form.submit()
    else button.hidden = false
  },
})
`

/** SHA-256 of the script, base64. A test prints the new value when the script changes. */
export const CHECK_SCRIPT_HASH = 'sha256-s+xELXpkA+/VGeQ+4LCFGf2Ih++s9EVGaEWRleuaZSg='

export function renderCheckPage(page: CheckPage): string {
  const { language, action, siteKey, mode, mayContinue, isAutomatic } = page
  const { check, checkScript, checkFailed } = messages[language].plain
  return renderPlainPage({
    title: check.title,
    text: check.text,
    language,
    check: {
      action,
      siteKey,
      language: WIDGET_LANGUAGES[language] ?? language.toLowerCase(),
      appearance: mode === 'invisible' ? 'interaction-only' : 'always',
      automatic: isAutomatic,
      mayContinue,
      noScript: checkScript,
      trouble: checkFailed.text,
      label: check.link ?? '',
      script: CHECK_SCRIPT,
      source: `${TURNSTILE}/turnstile/v0/api.js?render=explicit&onload=onTurnstile`,
    },
  })
}

export function checkPageHeaders(): Record<string, string> {
  // Browsers apply form-action to the redirects after a form as well, and the site may redirect to
  // any host.
  const policy = [
    "default-src 'none'",
    `script-src '${CHECK_SCRIPT_HASH}' ${TURNSTILE}`,
    `frame-src ${TURNSTILE}`,
    `style-src '${PLAIN_PAGE_STYLE_HASH}'`,
    'img-src data:',
    "form-action 'self' https:",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ]
  return { ...plainPageHeaders(), 'Content-Security-Policy': policy.join('; ') }
}
