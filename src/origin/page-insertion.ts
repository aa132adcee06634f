/**
 * Inserts a text into the head of a page that streams to the visitor. Every byte of the page is
 * passed on unchanged: bytes before the place as soon as they are read, bytes after it unread, by
 * the runtime.
 *
 * After the headers are sent nothing here can fail that would not fail without us: the origin or
 * the visitor closes the connection.
 */
import { type HeadFound, type HeadObstacle, PageHead } from './page-head.ts'

export interface Insertion {
  /** The length of the body; null: unknown. */
  readonly bodyBytes: number | null
  /** The body has a content coding, which the runtime decodes. */
  readonly isCoded: boolean
  /** The text to insert, ASCII only; empty: the page stays unchanged. */
  readonly textFor: (head: PageHead) => string
  /** Called if the page gets no text. `empty`: the page has no content. */
  readonly onObstacle: (obstacle: HeadObstacle | 'empty') => void
}

export interface InsertedPage {
  readonly body: ReadableStream<Uint8Array> | Uint8Array
  /** The number of bytes added; null: not known yet, since the head continues in a later chunk. */
  readonly addedBytes: number | null
}

/**
 * Waits for the first bytes of a body. The head of nearly every page ends there, so the headers can
 * still describe the result.
 * @throws whatever reading the first bytes throws, before anything is sent
 */
export async function insertIntoHead(body: ReadableStream<Uint8Array>, insertion: Insertion): Promise<InsertedPage> {
  const { bodyBytes } = insertion
  const page = new PageStream(body, insertion)
  await page.read()
  const { addedBytes } = page
  if (addedBytes !== null && (await page.isOver())) return { body: page.takeWhole(), addedBytes }
  const isSized = bodyBytes !== null && addedBytes !== null
  const { readable, writable } = isSized ? new FixedLengthStream(bodyBytes + addedBytes) : new IdentityTransformStream()
  // Errors end the stream on both sides; there is nobody to report them to.
  void page.passOn(writable).catch(() => {})
  return { body: readable, addedBytes }
}

/** The size of a read: more than most heads have. */
const READ_BYTES = 16_384

/**
 * Buffers that their pages no longer need. Allocating one takes 30 us, a third of adding the script
 * to a page of 6 KB.
 */
const spareBuffers: ArrayBufferLike[] = []
const SPARE_BUFFERS_MAX = 64

const encoder = new TextEncoder()
const NO_BYTES: Uint8Array = new Uint8Array(0)

type Chunk = Readonly<ReadableStreamReadResult<Uint8Array>>

class PageStream {
  /** Null: not known yet. */
  addedBytes: number | null = null
  private readonly body: ReadableStream<Uint8Array>
  private readonly reader: ReadableStreamBYOBReader
  private readonly insertion: Insertion
  private readonly head = new PageHead()
  private readBytes = 0
  private hasEnded = false
  private readonly buffers: ArrayBufferLike[] = []
  /** The bytes to write next, and after them the bytes that may still contain the place. */
  private ready: Uint8Array[] = []
  private held: Uint8Array = NO_BYTES
  private heldAt = 0
  /** The pending read. */
  private next: Promise<Chunk> | null = null

  constructor(body: ReadableStream<Uint8Array>, insertion: Insertion) {
    this.body = body
    this.reader = body.getReader({ mode: 'byob' })
    this.insertion = insertion
  }

  /** Reads the next chunk. */
  async read(): Promise<void> {
    const { value, done } = await this.readChunk()
    if (done) return this.settleAtEnd()
    this.readBytes += value.length
    this.held = this.held.length === 0 ? value : joined([this.held, value])
    const found = this.head.read(value)
    if (found !== null) return this.settle(found)
    if (this.readBytes === this.insertion.bodyBytes) return this.settleAtEnd()
    this.release(this.head.readBytes)
  }

  /**
   * Whether the page is known to be complete. Most pages are, and answering with bytes is cheaper
   * than with a stream (bench `pass-html`).
   */
  isOver(): boolean | Promise<boolean> {
    if (this.hasEnded || this.readBytes === this.insertion.bodyBytes) return true
    const next = this.readChunk()
    this.next = next
    return new Promise((resolve) => {
      next.then(
        ({ done }) => resolve(done),
        // `passOn` awaits the same promise and handles the failure.
        () => resolve(false),
      )
      void scheduler.wait(0).then(() => resolve(false))
    })
  }

  /** Returns a page that is over, as a copy, so that others can be read into its buffers. */
  takeWhole(): Uint8Array {
    const bytes = this.takeReady()
    const isCopy = this.buffers.every((buffer) => buffer !== bytes.buffer)
    if (isCopy && spareBuffers.length < SPARE_BUFFERS_MAX) spareBuffers.push(...this.buffers)
    return bytes
  }

  /** Removes and returns the bytes to write next. */
  takeReady(): Uint8Array {
    const bytes = joined(this.ready)
    this.ready = []
    return bytes
  }

  /** Writes everything, and reads on until the head is complete. */
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
   * Extra bytes after a compressed page, or a missing trailer, end the page: browsers show what
   * came before. So does an empty body whose headers name a coding.
   */
  private async readChunk(): Promise<Chunk> {
    try {
      const buffer = spareBuffers.pop() ?? new ArrayBuffer(READ_BYTES)
      const chunk = await this.reader.read(new Uint8Array(buffer))
      // The read took the buffer's memory over.
      if (chunk.value !== undefined) this.buffers.push(chunk.value.buffer)
      return chunk
    } catch (error) {
      const isEmpty = this.readBytes === 0 && /ended prematurely/.test(String(error))
      if (this.isUndecodable(error) && (this.readBytes > 0 || isEmpty)) return { done: true, value: undefined }
      throw error
    }
  }

  /** By the error's type the runtime distinguishes undecodable content from a broken connection. */
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

  /** Allows everything before this offset to be written. */
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
