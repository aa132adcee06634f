/**
 * Puts a text into the head of a page on its way to the visitor. Every byte of the page is passed on as it came: those up to
 * the place as soon as they are read, those behind it unread, by the runtime alone.
 *
 * Nothing in here can fail after the headers are sent, but for what would have failed without us: the origin or the
 * visitor breaks the connection off.
 */
import { type HeadFound, type HeadObstacle, PageHead } from './page-head.ts'

export interface Insertion {
  /** The length of the body; null: it is not known. */
  readonly bodyBytes: number | null
  /** The body comes in a content coding, which the runtime decodes. */
  readonly isCoded: boolean
  /** The text to put there; empty: the page stays as it is. ASCII only. */
  readonly textFor: (head: PageHead) => string
  /** The page gets no text. `empty`: it has no content. */
  readonly onObstacle: (obstacle: HeadObstacle | 'empty') => void
}

export interface InsertedPage {
  readonly body: ReadableStream<Uint8Array> | Uint8Array
  /** Bytes added; null: it is not known yet, since the head goes on in a later chunk. */
  readonly addedBytes: number | null
}

/**
 * Waits for the first bytes of a body, in which the head of nearly every page ends, so that the headers can still say
 * what becomes of it.
 * @throws what reading the first bytes throws, before anything is sent
 */
export async function insertIntoHead(body: ReadableStream<Uint8Array>, insertion: Insertion): Promise<InsertedPage> {
  const { bodyBytes } = insertion
  const page = new PageOnItsWay(body, insertion)
  await page.read()
  const { addedBytes } = page
  if (addedBytes !== null && (await page.isOver())) return { body: page.takeReady(), addedBytes }
  const isSized = bodyBytes !== null && addedBytes !== null
  const { readable, writable } = isSized ? new FixedLengthStream(bodyBytes + addedBytes) : new IdentityTransformStream()
  // Errors end the stream on both sides; nobody is left to be told.
  void page.passOn(writable).catch(() => {})
  return { body: readable, addedBytes }
}

/** Read at once: more than most heads have. A larger buffer costs more to make than a second read. */
const READ_BYTES = 16_384

/** Enough to see that a page is over. */
const NEXT_READ_BYTES = 1_024

const encoder = new TextEncoder()
const NO_BYTES: Uint8Array = new Uint8Array(0)

type Chunk = Readonly<ReadableStreamReadResult<Uint8Array>>

class PageOnItsWay {
  /** Null: not known yet. */
  addedBytes: number | null = null
  private readonly body: ReadableStream<Uint8Array>
  private readonly reader: ReadableStreamBYOBReader
  private readonly insertion: Insertion
  private readonly head = new PageHead()
  private readBytes = 0
  private hasEnded = false
  /** What is to be written next, and behind it what may still turn out to be the place. */
  private ready: Uint8Array[] = []
  private held: Uint8Array = NO_BYTES
  private heldAt = 0
  /** Under way. */
  private next: Promise<Chunk> | null = null

  constructor(body: ReadableStream<Uint8Array>, insertion: Insertion) {
    this.body = body
    this.reader = body.getReader({ mode: 'byob' })
    this.insertion = insertion
  }

  /** Reads the next chunk. */
  async read(): Promise<void> {
    const { value, done } = await this.readChunk(READ_BYTES)
    if (done) return this.settleAtEnd()
    this.readBytes += value.length
    this.held = this.held.length === 0 ? value : joined([this.held, value])
    const found = this.head.read(value)
    if (found !== null) return this.settle(found)
    if (this.readBytes === this.insertion.bodyBytes) return this.settleAtEnd()
    this.release(this.head.readBytes)
  }

  /**
   * Whether the page is over, as far as that shows at once. Most are: answering their bytes is cheaper
   * than a stream (bench `pass-html`).
   */
  async isOver(): Promise<boolean> {
    if (this.hasEnded || this.readBytes === this.insertion.bodyBytes) return true
    this.next = this.readChunk(NEXT_READ_BYTES)
    // A failure is met again by whoever waits for it.
    const next = await Promise.race([this.next.catch(() => null), scheduler.wait(0)])
    return next?.done === true
  }

  /** What is to be written next. */
  takeReady(): Uint8Array {
    const bytes = joined(this.ready)
    this.ready = []
    return bytes
  }

  /** Writes everything, reading on for as long as the head is not over. */
  async passOn(writable: WritableStream<Uint8Array>): Promise<void> {
    const writer = writable.getWriter()
    try {
      for (;;) {
        const bytes = this.takeReady()
        if (bytes.length > 0) await writer.write(bytes)
        if (this.addedBytes !== null) break
        await this.read()
      }
      const next = await this.next
      if (next?.value !== undefined && next.value.length > 0) await writer.write(next.value)
    } catch (error) {
      await Promise.allSettled([this.reader.cancel(error), writer.abort(error)])
      return
    }
    writer.releaseLock()
    this.reader.releaseLock()
    if (!this.insertion.isCoded) return this.body.pipeTo(writable)
    try {
      await this.body.pipeTo(writable, { preventAbort: true })
    } catch (error) {
      if (this.isUndecodable(error)) await writable.close()
      else await writable.abort(error)
    }
  }

  /**
   * Bytes behind a compressed page, or a trailer that is missing, end it: browsers show what came before. The same goes for an answer
   * whose headers name a coding, but that has no body.
   */
  private async readChunk(maxBytes: number): Promise<Chunk> {
    try {
      return await this.reader.read(new Uint8Array(maxBytes))
    } catch (error) {
      const isEmpty = this.readBytes === 0 && /ended prematurely/.test(String(error))
      if (this.isUndecodable(error) && (this.readBytes > 0 || isEmpty)) return { done: true, value: undefined }
      throw error
    }
  }

  /** The runtime tells what cannot be decoded from a connection that broke off by the type of the error. */
  private isUndecodable(error: unknown): boolean {
    return this.insertion.isCoded && error instanceof TypeError
  }

  private settleAtEnd(): void {
    this.hasEnded = true
    this.settle(this.readBytes === 0 ? { obstacle: 'empty' } : this.head.end())
  }

  private settle(found: HeadFound | { readonly obstacle: 'empty' }): void {
    let text = ''
    if ('obstacle' in found) this.insertion.onObstacle(found.obstacle)
    else {
      this.release(found.place)
      text = this.insertion.textFor(this.head)
    }
    const added = encoder.encode(text)
    this.addedBytes = added.length
    this.ready.push(added, this.held)
    this.held = NO_BYTES
  }

  /** Everything before this offset may be written. */
  private release(offset: number): void {
    const count = offset - this.heldAt
    if (count > 0) this.ready.push(this.held.subarray(0, count))
    this.held = this.held.subarray(count)
    this.heldAt = offset
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts
  if (only !== undefined && parts.length === 1) return only
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
