/** Inserting a text into the head of a streamed page, however it is split into chunks. */
import { describe, expect, it } from 'vitest'
import type { HeadObstacle } from '../../src/origin/page-head.ts'
import { insertIntoHead } from '../../src/origin/page-insertion.ts'

const TEXT = '<script></script>'
const HEAD =
  '\ufeff<!doctype html><!-- </head> --><html lang="</head>"><head><title></head></title><template></head></template>'
const BODY = `</head><body><p>Grüße</p></head>${'x'.repeat(40_000)}`
const PAGE = HEAD + BODY

/** Chunks that arrive one by one, each when it is read. */
function inChunks(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  const rest = chunks.filter(({ length }) => length > 0)
  return new ReadableStream({
    type: 'bytes',
    pull(controller) {
      const chunk = rest.shift()
      if (chunk === undefined) {
        controller.close()
        controller.byobRequest?.respond(0)
      } else controller.enqueue(chunk.slice())
    },
  })
}

async function arrived(chunks: readonly Uint8Array[], bodyBytes: number | null = null) {
  const obstacles: (HeadObstacle | 'empty')[] = []
  const insertion = {
    bodyBytes,
    isCoded: false,
    textFor: () => TEXT,
    onObstacle: (obstacle: HeadObstacle | 'empty') => void obstacles.push(obstacle),
  }
  const { body, addedBytes } = await insertIntoHead(inChunks(chunks), insertion)
  return { text: await new Response(body).text(), addedBytes, obstacles }
}

const PLAIN = { bodyBytes: null, isCoded: false, textFor: () => TEXT, onObstacle: () => {} }

const bytesOf = (text: string) => new TextEncoder().encode(text)
const plain = (text: string) => text.replace('\ufeff', '')

describe('a text in the head of a page', () => {
  it('goes to its end, wherever the head is split', async () => {
    const page = bytesOf(PAGE)
    for (let cut = 0; cut <= bytesOf(HEAD).length + 10; cut++) {
      const { text, obstacles } = await arrived([page.subarray(0, cut), page.subarray(cut)])
      expect(text === plain(HEAD + TEXT + BODY), `cut at ${cut}`).toBe(true)
      expect(obstacles).toEqual([])
    }
  })

  it('goes to its end when each byte arrives alone', async () => {
    const page = bytesOf(HEAD + BODY.slice(0, 40))
    const { text } = await arrived(Array.from(page, (_, i) => page.subarray(i, i + 1)))
    expect(text).toBe(plain(HEAD + TEXT + BODY.slice(0, 40)))
  })

  it('counts towards the length only if the first chunk contains the whole head', async () => {
    const page = bytesOf(PAGE)
    expect((await arrived([page], page.length)).addedBytes).toBe(TEXT.length)
    expect((await arrived([page.subarray(0, 300), page.subarray(300)], page.length)).addedBytes).toBe(TEXT.length)
    expect((await arrived([page.subarray(0, 10), page.subarray(10)], page.length)).addedBytes).toBeNull()
  })

  it('does not delay the bytes before it', async () => {
    let send: (chunk: Uint8Array) => void = () => {}
    let end = () => {}
    const source = new ReadableStream({
      type: 'bytes',
      start(controller) {
        send = (chunk) => controller.enqueue(chunk)
        end = () => controller.close()
      },
    })
    send(bytesOf('<!doctype html><title>a</title><link></he'))
    const { body } = await insertIntoHead(source, PLAIN)
    const reader = (body as ReadableStream<Uint8Array>).getReader()
    const next = async () => new TextDecoder().decode((await reader.read()).value)
    expect(await next()).toBe('<!doctype html><title>a</title><link>')
    send(bytesOf('ad><body>'))
    expect(await next()).toBe(`${TEXT}</head><body>`)
    send(bytesOf('one'))
    expect(await next()).toBe('one')
    end()
    expect((await reader.read()).done).toBe(true)
  })

  it('is omitted if the head does not end within 64 KiB, and delays little', async () => {
    const long = `<head><title>${'x'.repeat(70_000)}</title></head>`
    const page = bytesOf(long)
    const chunks = Array.from({ length: 71 }, (_, i) => page.subarray(i * 1000, (i + 1) * 1000))
    const { text, obstacles } = await arrived(chunks)
    expect(text === long).toBe(true)
    expect(obstacles).toEqual(['head'])
  })

  it('is omitted from an empty page', async () => {
    expect(await arrived([], 0)).toEqual({ text: '', addedBytes: 0, obstacles: ['empty'] })
    expect(await arrived([])).toEqual({ text: '', addedBytes: 0, obstacles: ['empty'] })
  })

  it('ends where a broken page ends', async () => {
    const source = new ReadableStream({
      type: 'bytes',
      pull(controller) {
        controller.error(new Error('gone'))
      },
      start(controller) {
        controller.enqueue(bytesOf('<head><title>'))
      },
    })
    const { body } = await insertIntoHead(source, PLAIN)
    await expect(new Response(body).text()).rejects.toThrow('gone')
  })
})
