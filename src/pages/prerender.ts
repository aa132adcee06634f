/**
 * Renders a Mustache template in two steps: once with the values that all visitors share, then for
 * each visitor. The text of the first step is kept as UTF-8, so that a page costs a copy of it and
 * the encoding of the visitor's part.
 *
 * The second step supports only variables and sections of plain values, which is enough for our own
 * template. Templates of operators are rendered by Mustache itself.
 */
import Mustache from 'mustache'

export type Values = Readonly<Record<string, unknown>>

/** A span of a parsed template, as Mustache defines it. */
type Span = [type: string, value: string, start: number, end: number, inner?: Span[]]

/** Shared text in UTF-8, and between it the spans that differ by visitor. */
export type PrerenderedPage = readonly (Uint8Array | Span[])[]

/**
 * Shorter texts are encoded with their neighbours: a call of the encoder costs as much as a longer
 * text.
 */
const SHARED_MIN_CHARS = 150

/** Of one UTF-16 unit. */
const UTF8_MAX_BYTES = 3

const encoder = new TextEncoder()
const writer = new Mustache.Writer()

/** Throws what Mustache throws for a broken template. */
export function prerender(template: string, shared: Values): PrerenderedPage {
  const page: (Uint8Array | Span[])[] = []
  for (const span of renderShared(Mustache.parse(template) as Span[], new Mustache.Context(shared), shared)) {
    const last = page.at(-1)
    if (span[0] === 'text' && span[1].length >= SHARED_MIN_CHARS) page.push(encoder.encode(span[1]))
    else if (Array.isArray(last)) last.push(span)
    else page.push([span])
  }
  return page
}

/** Turns spans of shared values into text, and joins adjacent texts. */
function renderShared(spans: readonly Span[], context: Mustache.Context, shared: Values): Span[] {
  const rendered: Span[] = []
  for (const span of spans) {
    const [type, value, start, end, inner] = span
    const last = rendered.at(-1)
    if (type === 'text' || type === '!' || (value.split('.')[0] as string) in shared) {
      const text = writer.renderTokens([span] as unknown as string[][], context)
      if (last?.[0] === 'text') last[1] += text
      else rendered.push(['text', text, start, end])
    } else if (inner === undefined) rendered.push(span)
    else rendered.push([type, value, start, end, renderShared(inner, context, shared)])
  }
  return rendered
}

/**
 * The bytes of the last page. A response copies its bytes when it is made; a new array of 30 KB for
 * each page took about 3 % of its time.
 */
let scratch: Uint8Array = new Uint8Array(0)

/** The whole page in UTF-8. The bytes are valid until the next call. */
export function fillPage(page: PrerenderedPage, values: Values): Uint8Array {
  const parts = page.map((part) => (part instanceof Uint8Array ? part : renderSpans(part, values)))
  const maxBytes = parts.reduce((sum, part) => sum + part.length * (typeof part === 'string' ? UTF8_MAX_BYTES : 1), 0)
  if (scratch.length < maxBytes) scratch = new Uint8Array(maxBytes)
  const bytes = scratch
  let length = 0
  for (const part of parts) {
    if (typeof part === 'string') length += encoder.encodeInto(part, bytes.subarray(length)).written
    else {
      bytes.set(part, length)
      length += part.length
    }
  }
  return bytes.subarray(0, length)
}

function renderSpans(spans: readonly Span[], values: Values): string {
  let text = ''
  for (const [type, value, , , inner] of spans) {
    if (type === 'text') text += value
    else if (type === 'name') text += Mustache.escape(String(values[value]))
    else if (type === '&') text += values[value]
    else if (Boolean(values[value]) === (type === '#')) text += renderSpans(inner ?? [], values)
  }
  return text
}
