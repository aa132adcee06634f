/**
 * Mustache templates, rendered fast: the same text as `Mustache.render`, as UTF-8.
 *
 * Most of a page is the same for everyone. So it is rendered by Mustache once for each shape of the view, with marks in
 * place of the values that differ, and kept as bytes between holes; later pages of that shape only fill the holes. A page
 * of 20 KB took about 900 us of Mustache, of a string with letters outside Latin-1 and of its encoding; filling the holes takes
 * under a fifth of that.
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

/** What never changes, in UTF-8, and the holes between: one more text than there are holes. */
interface Compiled {
  readonly texts: readonly Uint8Array[]
  readonly textsBytes: number
  readonly holes: readonly Hole[]
}

/** Never part of any text (Unicode, noncharacters): mark the holes while the template is rendered for its shape. */
const OPEN = '\uFDD0'
const ESCAPED = '\uFDD1'
const CLOSE = '\uFDD2'
const MARK = new RegExp(`${OPEN}(.*?)(${ESCAPED}?)${CLOSE}`, 'gs')

const encoder = new TextEncoder()

/** By template, then by shape. Null: of this shape Mustache itself must render. */
const compiled = new Map<string, Map<string, Compiled | null>>()
let shapes = 0

/** The page, in UTF-8. Throws what Mustache throws for a broken template. */
export function renderTemplate(template: string, view: TemplateView): Uint8Array {
  const page = compiledFor(template, view)
  return page === null ? encoder.encode(Mustache.render(template, view)) : filled(page, view)
}

function compiledFor(template: string, view: TemplateView): Compiled | null {
  const shape = shapeOf(view)
  const known = compiled.get(template)?.get(shape)
  if (known !== undefined) return known
  if (shapes >= TEMPLATE_SHAPES_MAX) {
    compiled.clear()
    shapes = 0
  }
  const page = compile(template, view)
  const ofTemplate = compiled.get(template) ?? new Map<string, Compiled | null>()
  compiled.set(template, ofTemplate.set(shape, page))
  shapes++
  return page
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
function compile(template: string, view: TemplateView): Compiled | null {
  const marked: Record<string, unknown> = {}
  for (const name in view) marked[name] = isHole(view[name]) ? OPEN + name + CLOSE : view[name]
  const escapeUnlessMarked = (value: string) =>
    typeof value === 'string' && value.startsWith(OPEN) ? value.replace(CLOSE, ESCAPED + CLOSE) : Mustache.escape(value)
  const page = compiledOf(Mustache.render(template, marked, {}, { escape: escapeUnlessMarked }))
  const expected = encoder.encode(Mustache.render(template, view))
  const made = filled(page, view)
  return made.length === expected.length && made.every((byte, i) => byte === expected[i]) ? page : null
}

function compiledOf(rendered: string): Compiled {
  const texts: Uint8Array[] = []
  const holes: Hole[] = []
  let end = 0
  for (const { 0: mark, 1: name, 2: escaped, index } of rendered.matchAll(MARK)) {
    texts.push(encoder.encode(rendered.slice(end, index)))
    holes.push({ name: name as string, escaped: escaped !== '' })
    end = index + mark.length
  }
  texts.push(encoder.encode(rendered.slice(end)))
  return { texts, textsBytes: texts.reduce((bytes, { length }) => bytes + length, 0), holes }
}

/** Bytes of its own for each page: the runtime sends them later, without a copy. */
function filled({ texts, textsBytes, holes }: Compiled, view: TemplateView): Uint8Array {
  const values: string[] = []
  let maxBytes = textsBytes
  for (const { name, escaped } of holes) {
    const value = String(view[name])
    const text = escaped && /[&<>"'`=/]/.test(value) ? Mustache.escape(value) : value
    values.push(text)
    // A UTF-16 unit takes at most three bytes.
    maxBytes += text.length * 3
  }
  const page = new Uint8Array(maxBytes)
  let length = 0
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i] as Uint8Array
    page.set(text, length)
    length += text.length
    if (i < values.length) length = write(values[i] as string, page, length)
  }
  return page.subarray(0, length)
}

/**
 * Where the text ends in the page. ASCII, as nearly all is, goes by hand: the encoder's calls, one for each of the short values
 * between long texts, took half of rendering a page.
 */
function write(text: string, page: Uint8Array, start: number): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return start + i + encoder.encodeInto(text.slice(i), page.subarray(start + i)).written
    page[start + i] = code
  }
  return start + text.length
}
