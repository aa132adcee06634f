/**
 * HTTP/1.1 as raw bytes on a dedicated socket: sends input that no well-behaved client would send,
 * and returns exactly the bytes of the response.
 */
import { connect } from 'node:net'
import { PATIENCE_MS } from './patience.ts'

export interface RawReply {
  readonly status: number
  /** In the order received, names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** As Latin-1, so that a test can search for any byte. */
  readonly body: string
}

/**
 * Sends these bytes, closes its side, and reads all responses until the server closes too. An empty
 * list means that the server closed without a response.
 * @throws Error when the server leaves the connection open and silent
 */
export function sendRaw(port: number, bytes: Buffer): Promise<RawReply[]> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true }, () => socket.end(bytes))
    socket.setTimeout(PATIENCE_MS, () => {
      socket.destroy()
      reject(new Error(`no end of the answer to ${JSON.stringify(bytes.subarray(0, 500).toString('latin1'))}`))
    })
    socket.on('data', (chunk) => chunks.push(chunk as Buffer))
    // A server may refuse before it has read everything.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      try {
        resolve(repliesIn(Buffer.concat(chunks).toString('latin1')))
      } catch (error) {
        reject(error as Error)
      }
    })
  })
}

export interface RawRequest {
  readonly method?: string
  /** The request target as in the request line. */
  readonly target?: string
  readonly host?: string
  /** In addition to `Host`. A name may occur twice. Bytes as Latin-1. */
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly body?: string | undefined
}

/**
 * One request with `Connection: close`. Line breaks in names and values are removed, since they
 * would end a header.
 */
export function rawRequest({ method = 'GET', target = '/', host = '', headers = [], body }: RawRequest): Buffer {
  const fields = [['Host', host], ...headers, ['Connection', 'close']]
  if (body !== undefined) fields.push(['Content-Length', String(Buffer.byteLength(body, 'latin1'))])
  const lines = fields.map(([name = '', value = '']) => `${oneLine(name)}: ${oneLine(value)}\r\n`)
  return Buffer.from(`${oneLine(method)} ${oneLine(target)} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`, 'latin1')
}

function oneLine(text: string): string {
  return text.replace(/[\r\n]/g, '')
}

/** UTF-8 text as the bytes of a header or target. */
export function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

function repliesIn(text: string): RawReply[] {
  const replies: RawReply[] = []
  let rest = text
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n')
    const [first = '', ...lines] = rest.slice(0, end).split('\r\n')
    const status = /^HTTP\/1\.1 (\d{3})( |$)/.exec(first)?.[1]
    if (status === undefined || end < 0) throw new Error(`No answer of HTTP: ${JSON.stringify(rest.slice(0, 200))}`)
    const headers = lines.map((line): [string, string] => {
      const [, name = '', value = ''] = /^([^:]*):[ \t]*(.*?)[ \t]*$/.exec(line) ?? []
      return [name.toLowerCase(), value]
    })
    const [body, next] = bodyOf(new Map(headers), rest.slice(end + 4))
    replies.push({ status: Number(status), headers, body })
    rest = next
  }
  return replies
}

/** The body and the remaining text. */
function bodyOf(headers: ReadonlyMap<string, string>, text: string): [body: string, next: string] {
  const length = headers.get('content-length')
  if (headers.get('transfer-encoding') !== 'chunked') {
    // A response to HEAD has no body, whatever its length header says.
    const end = length === undefined ? text.length : text.startsWith('HTTP/1.1 ') ? 0 : Number(length)
    return [text.slice(0, end), text.slice(end)]
  }
  let body = ''
  let at = 0
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at)
    const size = Number.parseInt(text.slice(at, lineEnd), 16)
    if (lineEnd < 0 || !(size >= 0)) return [body, '']
    at = lineEnd + 2
    if (size === 0) return [body, text.slice(at + 2)]
    body += text.slice(at, at + size)
    at += size + 2
  }
}
