/**
 * Each room's look, with the files of public/ that its settings name. A file that is missing, too large or no template falls
 * back to the default and is reported; it is looked for again after a while.
 */
import { ageMs } from '../core/age.ts'
import { LOGO_MAX_BYTES, LOOK_RETRY_MS, TEMPLATE_MAX_BYTES } from '../limits.ts'
import { logError } from '../log/log.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { DEFAULT_LOOK, type Look, lookOf } from './look.ts'
import { previewStatus } from './preview.ts'
import { renderWaitingPage } from './waiting-page.ts'

/** Serves the files of public/. */
export interface Files {
  fetch(url: string): Promise<Response>
}

interface Kept {
  readonly look: Look
  readonly keptMs: number
  /** How long it is used before its files are looked for again. */
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
  private readonly kept = new Map<RoomSettings, Kept>()

  constructor(files: Files | null) {
    this.files = files
  }

  /** A promise only until the room's files were read. Each request reads for itself: none waits for another's promise. */
  of(room: RoomSettings): Look | Promise<Look> {
    const kept = this.kept.get(room)
    if (kept !== undefined && isFresh(kept)) return kept.look
    const logo = room.logo?.startsWith('data:') === true ? room.logo : null
    if (room.template !== undefined || (room.logo !== undefined && logo === null)) return this.read(room, logo)
    return this.keep(room, lookOf(room, { template: null, logo }), true)
  }

  /** What was rendered with this look broke: the default from now on, for a while. */
  broken(room: RoomSettings, error: unknown): Look {
    logError('template_broken', error, { room: room.name })
    return this.keep(room, lookOf(room, { template: null, logo: null }), false)
  }

  private async read(room: RoomSettings, logoData: string | null): Promise<Look> {
    const [template, logo] = await Promise.all([
      this.template(room).catch((error: unknown) => this.missing(room, 'template_broken', error)),
      logoData ?? this.logo(room).catch((error: unknown) => this.missing(room, 'logo_broken', error)),
    ])
    const whole = (room.template === undefined || template !== null) && (room.logo === undefined || logo !== null)
    try {
      const look = lookOf(room, { template, logo })
      renderSample(room, look)
      return this.keep(room, look, whole)
    } catch (error) {
      return this.broken(room, error)
    }
  }

  private missing(room: RoomSettings, event: string, error: unknown): null {
    logError(event, error, { room: room.name })
    return null
  }

  private async template({ template }: RoomSettings): Promise<string | null> {
    if (template === undefined) return null
    return new TextDecoder().decode(await this.file(template, TEMPLATE_MAX_BYTES))
  }

  private async logo({ logo }: RoomSettings): Promise<string | null> {
    if (logo === undefined) return null
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

  private keep(room: RoomSettings, look: Look, whole: boolean): Look {
    const freshForMs = whole ? Number.POSITIVE_INFINITY : LOOK_RETRY_MS
    this.kept.set(room, { look, keptMs: Date.now(), freshForMs })
    return look
  }
}

function isFresh({ keptMs, freshForMs }: Kept): boolean {
  return freshForMs === Number.POSITIVE_INFINITY || ageMs(keptMs, Date.now()) < freshForMs
}

/** Throws where the template is none. */
function renderSample(room: RoomSettings, look: Look): void {
  if (look.template === null || look === DEFAULT_LOOK) return
  const status = previewStatus(room, 'waiting', null, Date.now())
  renderWaitingPage({
    status,
    nonce: '',
    token: null,
    returnUrl: '/',
    host: 'host',
    language: look.defaultLanguage,
    look,
  })
}
