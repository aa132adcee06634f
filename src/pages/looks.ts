/**
 * The look of a room's waiting page, from its settings and the files of public/ that they name. A
 * file that is missing, too large or not a template falls back to the default and is reported. It
 * is read again after a while.
 */
import Mustache from 'mustache'
import style from '../../public/waiting-room.min.css'
import script from '../../public/waiting-room.min.js'
import watchdog from '../../public/watchdog.min.js'
import { ageMs } from '../core/age.ts'
import { returnOrigins } from '../http/return-address.ts'
import type { Language } from '../languages.ts'
import { LOGO_MAX_BYTES, LOOK_RETRY_MS, TEMPLATE_MAX_BYTES } from '../limits.ts'
import { logError } from '../log/log.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { accentStyle } from './colours.ts'
import { hashSource } from './hash-source.ts'

export interface Look {
  /** Where the room's endpoints are. */
  readonly prefix: string
  /** The site's; null: its host. */
  readonly name: string | null
  /** A data URL; empty: none. */
  readonly logo: string
  readonly style: string
  /** CSS that follows the style and sets the accent colour; empty: the default. */
  readonly colours: string
  readonly script: string
  /** The script that watches the other one. */
  readonly watchdog: string
  /** The hashes of style and scripts, as sources of a Content-Security-Policy. */
  readonly styleSource: string
  readonly scriptSource: string
  /** The operator's; null: the default. */
  readonly template: string | null
  /** By language, then by "waiting.heading". */
  readonly texts: RoomSettings['texts']
  readonly defaultLanguage: Language
  /** The sites of redirect mode. Browsers apply the policy of forms to redirects, too. */
  readonly formTargets: readonly string[]
}

export interface LookFiles {
  readonly template: string | null
  /** A data URL. */
  readonly logo: string | null
}

const NO_FILES: LookFiles = { template: null, logo: null }

export async function makeLook(room: RoomSettings, files: LookFiles = NO_FILES): Promise<Look> {
  const colours = room.accent === undefined ? '' : accentStyle(room.accent, room.accent_dark)
  return {
    prefix: room.prefix,
    name: room.site_name ?? null,
    logo: files.logo ?? '',
    style,
    colours,
    script,
    watchdog,
    styleSource: await hashSource(style + colours),
    scriptSource: `${await hashSource(watchdog)} ${await hashSource(script)}`,
    template: files.template === null ? null : withNonces(files.template),
    texts: room.texts,
    defaultLanguage: room.default_language,
    formTargets: returnOrigins(room.return_hosts),
  }
}

/**
 * Adds the nonce that the policy of custom templates demands: a template written for another
 * product does not have it.
 */
function withNonces(template: string): string {
  return template.replace(/<(script|style)\b(?![^>]*\bnonce\s*=)/gi, '<$1 nonce="{{nonce}}"')
}

/** Serves the files of public/. */
export interface Files {
  fetch(url: string): Promise<Response>
}

interface CachedLook {
  readonly look: Look
  readonly cachedMs: number
  /** After this its files are read again. */
  readonly freshForMs: number
}

const IMAGE_TYPES: Readonly<Record<string, string>> = {
  svg: 'image/svg+xml',
  png: 'image/png',
  webp: 'image/webp',
  jpg: 'image/jpeg',
}

/** The looks of one deployment. `files`: null where the deployment has none. */
export class Looks {
  private readonly files: Files | null
  /** Weak: runtime rooms change. */
  private readonly cache = new WeakMap<RoomSettings, CachedLook>()

  constructor(files: Files | null) {
    this.files = files
  }

  /**
   * A promise until the look is ready. Each request makes its own: none waits for another request's
   * promise.
   */
  lookFor(room: RoomSettings): Look | Promise<Look> {
    const cached = this.cache.get(room)
    return cached !== undefined && isFresh(cached) ? cached.look : this.load(room)
  }

  /** The default page, for a while, in place of a template that failed. */
  async fallBack(room: RoomSettings, error: unknown): Promise<Look> {
    logError('template_broken', error, { room: room.name })
    return this.store(room, await makeLook(room), false)
  }

  private async load(room: RoomSettings): Promise<Look> {
    const [template, logo] = await Promise.all([
      this.template(room).catch((error: unknown) => missing(room, 'template_broken', error)),
      this.logo(room).catch((error: unknown) => missing(room, 'logo_broken', error)),
    ])
    const isComplete = (room.template === undefined || template !== null) && (room.logo === undefined || logo !== null)
    return this.store(room, await makeLook(room, { template, logo }), isComplete)
  }

  private async template({ template: name }: RoomSettings): Promise<string | null> {
    if (name === undefined) return null
    const template = new TextDecoder().decode(await this.file(name, TEMPLATE_MAX_BYTES))
    Mustache.parse(template)
    return template
  }

  private async logo({ logo }: RoomSettings): Promise<string | null> {
    if (logo === undefined) return null
    if (logo.startsWith('data:')) return logo
    const bytes = await this.file(logo, LOGO_MAX_BYTES)
    const type = IMAGE_TYPES[logo.slice(logo.lastIndexOf('.') + 1).toLowerCase()]
    return `data:${type};base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))}`
  }

  private async file(name: string, maxBytes: number): Promise<Uint8Array> {
    if (this.files === null) throw new Error(`public/${name} cannot be read: the deployment has no binding ASSETS`)
    const response = await this.files.fetch(`https://assets.invalid/${name}`)
    if (!response.ok) throw new Error(`public/${name} is not there: ${response.status}`)
    const bytes = new Uint8Array(await response.arrayBuffer())
    if (bytes.length > maxBytes) throw new Error(`public/${name} has ${bytes.length} bytes, ${maxBytes} at most`)
    return bytes
  }

  private store(room: RoomSettings, look: Look, isComplete: boolean): Look {
    const freshForMs = isComplete ? Number.POSITIVE_INFINITY : LOOK_RETRY_MS
    this.cache.set(room, { look, cachedMs: Date.now(), freshForMs })
    return look
  }
}

function missing(room: RoomSettings, event: string, error: unknown): null {
  logError(event, error, { room: room.name })
  return null
}

function isFresh({ cachedMs, freshForMs }: CachedLook): boolean {
  return freshForMs === Number.POSITIVE_INFINITY || ageMs(cachedMs, Date.now()) < freshForMs
}
