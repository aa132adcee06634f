/**
 * The page of the check before joining. It runs Cloudflare's Turnstile, or lets the browser solve
 * the proof of work, or both, and posts the results. It looks like the small pages; its policy
 * allows its script and, if needed, Turnstile's host and a worker.
 */
import Mustache from 'mustache'
import script from '../../public/check.min.js'
import type { Language } from '../languages.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { hashSource } from './hash-source.ts'
import { messages } from './messages/index.ts'
import { PLAIN_PAGE_STYLE_HASH, plainPageHeaders, renderPlainPage } from './plain-page.ts'

export interface CheckPage {
  readonly language: Language
  /** Where the form goes. */
  readonly action: string
  /** Null: without Turnstile. */
  readonly turnstile: { readonly siteKey: string; readonly mode: RoomSettings['turnstile_mode'] } | null
  /** Null: without a proof of work. `text` is the signed challenge. */
  readonly work: { readonly id: string; readonly bits: number; readonly text: string } | null
  /** Visitors without a result may go on: failures are only logged. */
  readonly mayContinue: boolean
  /** The form is sent as soon as there is a result. */
  readonly isAutomatic: boolean
}

const TURNSTILE = 'https://challenges.cloudflare.com'

/** The widget's language tags, where they differ from ours in lower case. */
const WIDGET_LANGUAGES: Readonly<Record<string, string>> = { 'zh-Hans': 'zh-cn', 'zh-Hant': 'zh-tw' }

/**
 * Without JavaScript, a visitor goes on by the form `slow` if there is one, or by the button in
 * `noscript`. The script hides that form until the work takes long.
 */
const FORMS = `{{#noScript}}<noscript><p>{{noScript}}</p></noscript>
{{/noScript}}<form method="post" action="{{action}}" id="join"{{#automatic}} data-automatic="1"{{/automatic}}{{#turnstile}} data-key="{{siteKey}}" data-language="{{widgetLanguage}}" data-appearance="{{appearance}}"{{/turnstile}}{{#work}} data-id="{{id}}" data-bits="{{bits}}"{{/work}}>
{{#turnstile}}<input type="hidden" name="token">
<div id="check"></div>
{{/turnstile}}{{#work}}<input type="hidden" name="challenge" value="{{text}}">
<input type="hidden" name="nonce" value="{{emptyNonce}}">
<progress id="bar" max="1" value="0" aria-labelledby="done" hidden></progress>
<p id="done" role="status" data-text="{{progress}}" data-locale="{{locale}}"></p>
{{/work}}{{#turnstile}}<p id="trouble" role="status" hidden>{{trouble}}</p>
{{/turnstile}}<button hidden>{{label}}</button>
{{#mayContinue}}<noscript><button{{#work}} name="slow" value="true"{{/work}}>{{label}}</button></noscript>
{{/mayContinue}}</form>
{{#slow}}<form method="post" action="{{action}}" id="slow">
<p>{{text}}</p>
<input type="hidden" name="challenge" value="{{challenge}}">
<button class="quiet" name="slow" value="true">{{label}}</button>
</form>
{{/slow}}<script>{{{script}}}</script>
{{#turnstile}}<script src="{{source}}" async></script>
{{/turnstile}}`

export function renderCheckPage(page: CheckPage): string {
  const { language, action, turnstile, work, mayContinue, isAutomatic } = page
  const { check, checkScript, checkFailed, work: texts } = messages[language].plain
  const forms = Mustache.render(FORMS, {
    action,
    automatic: isAutomatic,
    label: check.link ?? '',
    script,
    noScript: turnstile === null ? '' : checkScript,
    mayContinue: turnstile !== null && mayContinue,
    turnstile: turnstile && {
      siteKey: turnstile.siteKey,
      widgetLanguage: WIDGET_LANGUAGES[language] ?? language.toLowerCase(),
      appearance: turnstile.mode === 'invisible' ? 'interaction-only' : 'always',
      trouble: checkFailed.text,
      source: `${TURNSTILE}/turnstile/v0/api.js?render=explicit&onload=onTurnstile`,
    },
    // Any nonce solves 0 bits.
    work: work && {
      ...work,
      progress: texts.progress,
      locale: messages[language].live.locale,
      emptyNonce: work.bits === 0 ? '0' : '',
    },
    slow: turnstile === null && work !== null && { challenge: work.text, text: texts.slow, label: texts.slowLink },
  })
  return renderPlainPage({ title: check.title, text: turnstile === null ? texts.text : check.text, language, forms })
}

/** Of the page with these checks. */
export async function checkPageHeaders({
  turnstile,
  work,
}: Pick<CheckPage, 'turnstile' | 'work'>): Promise<Record<string, string>> {
  // Browsers apply form-action to the redirects after a form as well, and the site may redirect to
  // any host.
  const policy = [
    "default-src 'none'",
    [`script-src ${await hashSource(script)}`, ...(turnstile === null ? [] : [TURNSTILE])].join(' '),
    ...(turnstile === null ? [] : [`frame-src ${TURNSTILE}`]),
    ...(work === null ? [] : ['worker-src blob:']),
    `style-src '${PLAIN_PAGE_STYLE_HASH}'`,
    'img-src data:',
    "form-action 'self' https:",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ]
  return { ...plainPageHeaders(), 'Content-Security-Policy': policy.join('; ') }
}
