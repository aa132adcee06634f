/**
 * Finds the place for a script in the head of an HTML page, and the head's elements that concern
 * the script. Reads only the head. Pure.
 *
 * A small state machine that follows the HTML Standard's tokenizer and its tree construction up to
 * "after head" (https://html.spec.whatwg.org/multipage/parsing.html). It supports comments,
 * attributes, raw text and templates. It gives up when the standard's result depends on more than
 * that: an unchanged page is better than a damaged one.
 */
import { PAGE_HEAD_MAX_BYTES } from '../limits.ts'
import { endOf, NO_MARKUP, OpenToken, SPACES, type Tag } from './open-token.ts'

/**
 * Why a page gets no script: it is not HTML, the end of its head cannot be found, it is an AMP
 * page, or its charset.
 */
export type HeadObstacle = 'markup' | 'head' | 'amp' | 'charset'

export interface HeadElement {
  readonly name: 'meta' | 'base'
  /** Values by lower-case name; character references are not decoded. */
  readonly attributes: ReadonlyMap<string, string>
}

export type HeadFound =
  /** The script belongs before the byte at this offset. */
  { readonly place: number } | { readonly obstacle: HeadObstacle }

/** Elements that keep a head open. Any other element ends it. */
const HEAD_ELEMENTS = new Set(
  'base basefont bgsound head html link meta noframes noscript script style template title'.split(' '),
)

/** Elements whose content is text up to their end tag. `noscript` is one if scripts run. */
const RAW_TEXT_ELEMENTS = new Set('iframe noembed noframes noscript script style textarea title xmp'.split(' '))

/** Inside these elements, and after a `col`, the tokenizer depends on the tree. */
const TREE_DEPENDENT_ELEMENTS = new Set('col frameset math plaintext select svg'.split(' '))

/** End tags that close an open head. */
const CLOSING_END_TAGS = new Set('body br head html'.split(' '))

/**
 * A page without a doctype begins with one of these. Anything else is XML with a wrong content
 * type, or a fragment.
 */
const HTML_ELEMENTS = new Set(
  (
    'a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big blockquote body br button ' +
    'canvas caption center cite code data datalist dd del details dfn dialog dir div dl dt em embed fieldset figcaption ' +
    'figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img input ins kbd label ' +
    'legend li link main map mark marquee menu meta meter nav nobr noembed noframes noscript object ol optgroup option ' +
    'output p param picture plaintext pre progress q s samp script search section select slot small source span strike ' +
    'strong style sub summary sup table tbody td template textarea tfoot th thead time title tr track tt u ul var video ' +
    'wbr xmp'
  ).split(' '),
)

/**
 * The UTF-8 byte order mark and AMP's lightning sign, each byte as one character of windows-1252.
 */
const UTF8_BOM = '\u00ef\u00bb\u00bf'
const LIGHTNING = '\u00e2\u0161\u00a1'

/** Bytes that are decoded first, and at least twice as many each time after that. */
const FIRST_DECODED_BYTES = 1024

const decoder = new TextDecoder('windows-1252')

export class PageHead {
  /** The head's elements that concern the script, in order. */
  readonly elements: HeadElement[] = []
  /**
   * The head so far, one character per byte. Markup is ASCII in every encoding that is read here.
   */
  private text = ''
  /** The text before this offset is read. */
  private at = 0
  private templates = 0
  private isXml = false
  private hasBegun = false
  private rawText: string | null = null
  /** The incomplete token at the end of the text. */
  private open = new OpenToken()

  /** The number of bytes that are read. No script goes before them. */
  get readBytes(): number {
    return this.at
  }

  /** Null: the head continues after this chunk. Must not be called again after a result. */
  read(chunk: Uint8Array): HeadFound | null {
    const end = Math.min(chunk.length, PAGE_HEAD_MAX_BYTES - this.text.length)
    // Most heads are much shorter than their first chunk.
    for (let from = 0; from < end; ) {
      const to = Math.min(from + Math.max(FIRST_DECODED_BYTES, this.text.length), end)
      this.text += decoder.decode(chunk.subarray(from, to))
      from = to
      const found = this.readTokens()
      if (found !== null) return this.checked(found)
    }
    return this.text.length >= PAGE_HEAD_MAX_BYTES ? { obstacle: 'head' } : null
  }

  /** The result if the page ends here. */
  end(): HeadFound {
    if (!this.hasBegun) return { obstacle: 'markup' }
    const isOpen = this.at === this.text.length && this.rawText === null && this.templates === 0
    return this.checked(isOpen ? { place: this.at } : { obstacle: 'head' })
  }

  /** An escape sequence switches to an encoding in which markup is not ASCII (ISO-2022-JP). */
  private checked(found: HeadFound): HeadFound {
    const isShifted = 'place' in found && this.text.lastIndexOf('\u001b', found.place) >= 0
    return isShifted ? { obstacle: 'charset' } : found
  }

  private readTokens(): HeadFound | null {
    if (this.at === 0) {
      if (/^(\u00ff\u00fe|\u00fe\u00ff)/.test(this.text)) return { obstacle: 'charset' }
      if (this.text.startsWith(UTF8_BOM)) this.at = UTF8_BOM.length
      else if (UTF8_BOM.startsWith(this.text)) return null
    }
    for (;;) {
      if (this.rawText !== null && !this.skipRawText(this.rawText)) return null
      this.at = endOf(this.templates > 0 ? NO_MARKUP : SPACES, this.text, this.at)
      if (this.at >= this.text.length) return null
      const found = this.readToken()
      if (found !== undefined) return found
    }
  }

  /** Undefined: continue; null: the token is not complete. */
  private readToken(): HeadFound | null | undefined {
    const { text, at } = this
    if (text[at] !== '<') return this.endsHead()
    const next = text[at + 1]
    if (next === undefined) return null
    if (next === '!' || next === '?') return this.readDeclaration()
    const isEnd = next === '/'
    const first = isEnd ? text[at + 2] : next
    if (first === undefined) return null
    if (!/[a-z]/i.test(first)) return isEnd ? this.skipTo(this.open.find('>', text, at)) : this.readText()
    const tag = this.open.readTag(text, at, isEnd)
    return tag === null ? null : this.readElement(tag)
  }

  /** Reads a `<` that begins no markup as text. */
  private readText(): HeadFound | undefined {
    if (this.templates === 0) return this.endsHead()
    this.advance(this.at + 1)
    return undefined
  }

  /** Reads a comment, a doctype, or markup that counts as a comment. */
  private readDeclaration(): HeadFound | null | undefined {
    const { text, at } = this
    if ('<!--'.startsWith(text.slice(at, at + 4))) {
      if (text.length < at + 4) return null
      return this.skipTo(this.open.endOfComment(text, at))
    }
    const end = this.open.find('>', text, at)
    if (end === 0) return null
    const declaration = text.slice(at, end)
    if (/^<\?xml[\s?]/i.test(declaration)) this.isXml = true
    if (!this.hasBegun && /^<!doctype/i.test(declaration)) {
      if (!/^<!doctype\s*html[\s>]/i.test(declaration)) return { obstacle: 'markup' }
      this.hasBegun = true
    }
    return this.skipTo(end)
  }

  private readElement(tag: Tag): HeadFound | undefined {
    const { name, isEnd, attributes, end } = tag
    if (!this.hasBegun) {
      const isHtml = this.isXml ? name === 'html' : HTML_ELEMENTS.has(name)
      if (isEnd || !isHtml) return { obstacle: 'markup' }
      this.hasBegun = true
    }
    if (this.templates > 0) return this.readInTemplate(tag)
    if (isEnd) {
      if (CLOSING_END_TAGS.has(name)) return this.endsHead()
    } else {
      if (!HEAD_ELEMENTS.has(name)) return this.endsHead()
      if (name === 'html' && [...attributes.keys()].some(isAmp)) return { obstacle: 'amp' }
      if (name === 'meta' || name === 'base') this.elements.push({ name, attributes })
      this.enter(name)
    }
    this.advance(end)
    return undefined
  }

  private readInTemplate({ name, isEnd, end }: Tag): HeadFound | undefined {
    if (!isEnd && TREE_DEPENDENT_ELEMENTS.has(name)) return { obstacle: 'head' }
    if (isEnd && name === 'template') this.templates--
    if (!isEnd) this.enter(name)
    this.advance(end)
    return undefined
  }

  private enter(name: string): void {
    if (name === 'template') this.templates++
    else if (RAW_TEXT_ELEMENTS.has(name)) this.rawText = name
  }

  /** The head ends here, with or without an end tag. */
  private endsHead(): HeadFound {
    return this.hasBegun ? { place: this.at } : { obstacle: 'markup' }
  }

  /** @param end 0: the token is not complete */
  private skipTo(end: number): undefined | null {
    if (end === 0) return null
    this.advance(end)
    return undefined
  }

  private advance(to: number): void {
    this.at = to
    if (this.open.isBegun) this.open = new OpenToken()
  }

  /** Skips to the element's end tag; false: it has not arrived yet. */
  private skipRawText(name: string): boolean {
    const { open, text, at } = this
    const end = name === 'script' ? open.endOfScript(text, at) : open.endTag(text, at, name)
    if (end < 0) return false
    this.advance(end)
    this.rawText = null
    return true
  }
}

function isAmp(attribute: string): boolean {
  return /^amp(4ads|4email)?$/.test(attribute) || attribute.startsWith(LIGHTNING)
}
