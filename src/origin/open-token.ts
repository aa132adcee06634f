/**
 * One HTML token that may be incomplete: a tag, a comment, or the text of an element such as
 * `script`. It may arrive in a thousand chunks, so it remembers how far it was read, and each chunk
 * is read once.
 *
 * Follows the tokenizer of the HTML Standard
 * (https://html.spec.whatwg.org/multipage/parsing.html#tokenization).
 */

export interface Tag {
  readonly name: string
  readonly isEnd: boolean
  readonly attributes: ReadonlyMap<string, string>
  /** The offset after the tag. */
  readonly end: number
}

export const SPACES = /[\t\n\f\r ]*/y
export const NO_MARKUP = /[^<]*/y
const SPACES_AND_SLASHES = /[\t\n\f\r /]*/y
const TAG_NAME = /[^\t\n\f\r />]*/y
const ATTRIBUTE_NAME = /[^\t\n\f\r />][^\t\n\f\r />=]*/y
const UNQUOTED_VALUE = /[^\t\n\f\r >]*/y

/** The end of a sticky pattern's match at this offset. */
export function endOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from
  pattern.test(text)
  return pattern.lastIndex
}

/** The longest mark that may be split between chunks: an end tag of `noscript`. */
const MARK_CHARS = 12

interface BegunTag {
  readonly name: string
  readonly attributes: Map<string, string>
  /** The text before this offset is read. */
  at: number
  /** The tag cannot be complete before this mark: the end of the tag, or of a quoted value. */
  awaited: '>' | '"' | "'"
}

/** @param text contains the end of the name */
function beginTag(text: string, nameStart: number): BegunTag {
  const at = endOf(TAG_NAME, text, nameStart)
  return { name: text.slice(nameStart, at).toLowerCase(), attributes: new Map(), at, awaited: '>' }
}

/**
 * Offsets are in the whole text. A search continues where the last one ended, minus the length of a
 * split mark.
 */
export class OpenToken {
  private searched: Map<string, number> | null = null
  private tag: BegunTag | null = null
  private isEscaped = false
  private isDoubleEscaped = false

  /** False for most tokens, which are complete at once. */
  get isBegun(): boolean {
    return this.searched !== null || this.tag !== null || this.isEscaped
  }

  private remember(mark: string, searchedTo: number): void {
    this.searched ??= new Map()
    this.searched.set(mark, searchedTo)
  }

  /** The offset after the mark; 0: the mark has not arrived yet. */
  find(mark: string, text: string, from: number): number {
    const at = text.indexOf(mark, this.searched?.get(mark) ?? from)
    if (at >= 0) return at + mark.length
    this.remember(mark, Math.max(from, text.length - mark.length + 1))
    return 0
  }

  /** The offset of an element's next end tag; -1: it has not arrived yet. */
  endTag(text: string, from: number, name: string): number {
    const pattern = new RegExp(`</${name}[\\t\\n\\f\\r />]`, 'gi')
    pattern.lastIndex = this.searched?.get(name) ?? from
    const found = pattern.exec(text)
    if (found !== null) return found.index
    this.remember(name, Math.max(from, text.length - MARK_CHARS))
    return -1
  }

  /** The offset after the comment that begins at `from`; 0: its end has not arrived yet. */
  endOfComment(text: string, from: number): number {
    const end = /--!?>/g
    // "<!-->" is a complete comment.
    end.lastIndex = this.searched?.get('--') ?? from + 2
    for (let found = end.exec(text); found !== null; found = end.exec(text)) {
      if (found[0] === '-->' || found.index >= from + 4) return end.lastIndex
      end.lastIndex = found.index + 1
    }
    this.remember('--', Math.max(from + 2, text.length - 3))
    return 0
  }

  /**
   * In a script, `<!-- <script>` hides end tags up to `-->` (the standard's "script data double
   * escaped state").
   */
  endOfScript(text: string, from: number): number {
    const marks = /<!--|-->|<(\/?)script[\t\n\f\r />]/gi
    marks.lastIndex = this.searched?.get('script') ?? from
    let readTo = marks.lastIndex
    for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
      if (mark[0] === '<!--') {
        this.isEscaped = true
        // "<!-->" opens and closes.
        marks.lastIndex = mark.index + 2
      } else if (mark[0] === '-->') {
        this.isEscaped = false
        this.isDoubleEscaped = false
      } else if (mark[1] === '/') {
        if (!this.isDoubleEscaped) return mark.index
        this.isDoubleEscaped = false
      } else if (this.isEscaped) this.isDoubleEscaped = true
      readTo = marks.lastIndex
    }
    this.remember('script', Math.max(readTo, text.length - MARK_CHARS))
    return -1
  }

  /** The tag at this offset; null: it is not complete. */
  readTag(text: string, from: number, isEnd: boolean): Tag | null {
    // Reading on before the next mark has arrived would read the same names and values again.
    if (this.find(this.tag?.awaited ?? '>', text, this.tag?.at ?? from) === 0) return null
    const tag = this.tag ?? beginTag(text, from + (isEnd ? 2 : 1))
    tag.awaited = '>'
    this.tag = null
    this.searched = null
    for (;;) {
      const at = endOf(SPACES_AND_SLASHES, text, tag.at)
      if (text[at] === '>') return { name: tag.name, isEnd, attributes: tag.attributes, end: at + 1 }
      const next = at < text.length ? this.readAttribute(text, at, tag) : null
      if (next === null) {
        this.tag = tag
        if (tag.awaited === '>') this.remember('>', text.length)
        return null
      }
      tag.at = next
    }
  }

  /** The offset after the attribute; null: it is not complete. */
  private readAttribute(text: string, start: number, tag: BegunTag): number | null {
    const nameEnd = endOf(ATTRIBUTE_NAME, text, start)
    let at = endOf(SPACES, text, nameEnd)
    if (at >= text.length) return null
    let value = ''
    if (text[at] === '=') {
      at = endOf(SPACES, text, at + 1)
      const quote = text[at]
      if (quote === undefined) return null
      if (quote === '"' || quote === "'") {
        const end = this.find(quote, text, at + 1)
        if (end === 0) {
          tag.awaited = quote
          return null
        }
        value = text.slice(at + 1, end - 1)
        at = end
      } else {
        const end = endOf(UNQUOTED_VALUE, text, at)
        if (end >= text.length) return null
        value = text.slice(at, end)
        at = end
      }
    }
    const name = text.slice(start, nameEnd).toLowerCase()
    // Of repeated attributes the first counts.
    if (!tag.attributes.has(name)) tag.attributes.set(name, value)
    return at
  }
}
