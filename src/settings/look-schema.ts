/** Settings for the appearance and the texts of a room's waiting page. */
import * as v from 'valibot'
import { LANGUAGES } from '../languages.ts'
import { PAGE_STATES } from '../status.ts'

const TEXTS_MAX = 40
const TEXT_MAX_CHARS = 300
const LOGO_MAX_CHARS = 3_000

const LOGO_FILE = /^[a-z0-9][a-z0-9._-]{0,63}\.(svg|png|webp|jpg)$/i
const LOGO_DATA = /^data:image\/(svg\+xml|png|webp|jpeg);base64,[A-Za-z0-9+/]+=*$/

const colourMessage = 'must be a colour such as "#1d6296"'
const colour = v.optional(v.pipe(v.string(colourMessage), v.regex(/^#[0-9a-f]{6}$/i, colourMessage)))
const templateMessage = 'must be the name of a file in public/, such as "shop.html"'
const logoMessage =
  'must be a file in public/ (svg, png, webp, jpg), or a data:image/...;base64 URL of at most 3,000 characters'
const textsMessage =
  'must be tables by language, such as texts.en."waiting.heading"; a key is a page state and title, heading, lead or action'
const TEXT_KEY = new RegExp(`^(${PAGE_STATES.join('|')})\\.(title|heading|lead|action)$`)

export const lookEntries = {
  /** The name of the site as visitors know it. Without it the page shows the host. */
  site_name: v.optional(
    v.pipe(v.string('must be a text'), v.minLength(1, 'is empty'), v.maxLength(80, 'at most 80 characters')),
  ),
  template: v.optional(
    v.pipe(v.string(templateMessage), v.regex(/^[a-z0-9][a-z0-9._-]{0,63}\.html$/i, templateMessage)),
  ),
  logo: v.optional(
    v.pipe(
      v.string(logoMessage),
      v.maxLength(LOGO_MAX_CHARS, logoMessage),
      v.check((logo) => LOGO_FILE.test(logo) || LOGO_DATA.test(logo), logoMessage),
    ),
  ),
  accent: colour,
  accent_dark: colour,
  default_language: v.optional(v.picklist(LANGUAGES, `must be one of ${LANGUAGES.join(', ')}`), 'en'),
  texts: v.optional(
    v.pipe(
      v.record(
        v.picklist(LANGUAGES, textsMessage),
        v.record(
          v.pipe(v.string(textsMessage), v.regex(TEXT_KEY, textsMessage)),
          v.pipe(
            v.string('must be a text'),
            v.minLength(1, 'is empty'),
            v.maxLength(TEXT_MAX_CHARS, 'at most 300 characters'),
          ),
          textsMessage,
        ),
        textsMessage,
      ),
      v.check(
        (texts) => Object.values(texts).every((ofLanguage) => Object.keys(ofLanguage ?? {}).length <= TEXTS_MAX),
        `at most ${TEXTS_MAX} texts in a language`,
      ),
    ),
  ),
}
