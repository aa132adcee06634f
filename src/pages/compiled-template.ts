/**
 * Mustache templates, rendered fast: the same text as `Mustache.render`, as UTF-8.
 *
 * Most of a page is the same for everyone. So it is rendered by Mustache once for each shape of what differs, with marks in
 * place of these values, and kept as bytes between holes; later pages of that shape only fill the holes. A page of 28 KB took
 * about 900 us of Mustache, of a string with letters outside Latin-1 and of its encoding; filling the holes takes 15 us.
 *
 * A shape: which values are there, which are falsy, true, or an object. Texts and numbers that are truthy are holes, escaped
 * as Mustache does it. Nobody's values are kept.
 */
import Mustache from 'mustache'
import { TEMPLATE_SHAPES_MAX } from '../limits.ts'

/** By name. Objects and lists in it are taken as constant: pass the same one each time. */
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

/** Null: of this shape Mustache itself must render. */
type Shapes = Map<string, Compiled | null>

/** Never part of any text (Unicode, noncharacters): mark the holes while the template is rendered for its shape. */
const OPEN = '\uFDD0'
const ESCAPED = '\uFDD1'
const CLOSE = '\uFDD2'
const MARK = new RegExp(`${OPEN}(.*?)(${ESCAPED}?)${CLOSE}`, 'gs')

const encoder = new TextEncoder()

/** By what is fixed, then by shape. */
let compiled = new WeakMap<TemplateView, Shapes>()
let shapes = 0

/**
 * The page, in UTF-8. `fixed`: what is the same for all its pages, for one template only; `view`: the rest. Throws what
 * Mustache throws for a broken template.
 */
export function renderTemplate(template: string, fixed: TemplateView, view: TemplateView): Uint8Array {
  const page = compiledFor(template, fixed, view)
  return page === null ? encoder.encode(Mustache.render(template, { ...fixed, ...view })) : filled(page, view)
}

function compiledFor(template: string, fixed: TemplateView, view: TemplateView): Compiled | null {
  const shape = shapeOf(view)
  const known = compiled.get(fixed)?.get(shape)
  if (known !== undefined) return known
  if (shapes >= TEMPLATE_SHAPES_MAX) {
    compiled = new WeakMap()
    shapes = 0
  }
  const page = compile(template, fixed, view)
  const ofFixed = compiled.get(fixed) ?? new Map<string, Compiled | null>()
  compiled.set(fixed, ofFixed.set(shape, page))
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
function compile(template: string, fixed: TemplateView, view: TemplateView): Compiled | null {
  const marked: Record<string, unknown> = { ...fixed }
  for (const name in view) marked[name] = isHole(view[name]) ? OPEN + name + CLOSE : view[name]
  const escapeUnlessMarked = (value: string) =>
    typeof value === 'string' && value.startsWith(OPEN) ? value.replace(CLOSE, ESCAPED + CLOSE) : Mustache.escape(value)
  const page = compiledOf(Mustache.render(template, marked, {}, { escape: escapeUnlessMarked }))
  const expected = encoder.encode(Mustache.render(template, { ...fixed, ...view }))
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
    values.push(value)
    maxBytes += value.length * (escaped ? ENTITY_MAX_BYTES : UTF8_MAX_BYTES)
  }
  const page = new Uint8Array(maxBytes)
  let length = 0
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i] as Uint8Array
    page.set(text, length)
    length += text.length
    if (i < holes.length) length = write(values[i] as string, (holes[i] as Hole).escaped, page, length)
  }
  return page.subarray(0, length)
}

/** Of one UTF-16 unit. */
const UTF8_MAX_BYTES = 3

/** By ASCII code: what Mustache writes in place of it, null where that is the character itself. */
const ENTITIES = Array.from({ length: 0x80 }, (_, code) => {
  const character = String.fromCharCode(code)
  const entity = Mustache.escape(character)
  return entity === character ? null : encoder.encode(entity)
})
const ENTITY_MAX_BYTES = Math.max(...ENTITIES.map((entity) => entity?.length ?? 1))

/**
 * Where the text ends in the page. Written by hand, all but what lies beyond the BMP: calls of the encoder and of regular
 * expressions, one for each of the short values between long texts, took half of filling a page.
 */
function write(text: string, escaped: boolean, page: Uint8Array, start: number): number {
  let at = start
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x80) {
      const entity = escaped ? (ENTITIES[code] as Uint8Array | null) : null
      if (entity === null) page[at++] = code
      else for (let byte = 0; byte < entity.length; byte++) page[at++] = entity[byte] as number
    } else if (code < 0x800) {
      page[at++] = 0xc0 | (code >> 6)
      page[at++] = 0x80 | (code & 0x3f)
    } else if (code < 0xd800 || code > 0xdfff) {
      page[at++] = 0xe0 | (code >> 12)
      page[at++] = 0x80 | ((code >> 6) & 0x3f)
      page[at++] = 0x80 | (code & 0x3f)
    } else {
      const rest = escaped ? Mustache.escape(text.slice(i)) : text.slice(i)
      return at + encoder.encodeInto(rest, page.subarray(at)).written
    }
  }
  return at
}
