/**
 * Reads the small bodies of our endpoints: JSON of any content type (beacons send text), or a form.
 */
import { BODY_MAX_BYTES } from '../limits.ts'

/** The fields of the body; null: it is too long or not an object. An empty body has no fields. */
export async function readFields(
  request: Request,
  maxBytes = BODY_MAX_BYTES,
): Promise<Readonly<Record<string, unknown>> | null> {
  if (Number(request.headers.get('Content-Length') ?? 0) > maxBytes) return null
  const text = await boundedText(request, maxBytes)
  if (text === null) return null
  if (text === '') return {}
  const isForm = /^application\/x-www-form-urlencoded/i.test(request.headers.get('Content-Type') ?? '')
  // By default curl labels any body as a form.
  if (isForm && !text.startsWith('{')) {
    return Object.fromEntries([...new URLSearchParams(text)].map(([key, value]) => [key, formValue(value)]))
  }
  try {
    const fields: unknown = JSON.parse(text)
    return typeof fields === 'object' && fields !== null && !Array.isArray(fields) ? { ...fields } : null
  } catch {
    return null
  }
}

function formValue(text: string): string | boolean {
  return text === 'true' || (text === 'false' ? false : text)
}

/** The text of a body; null: it is longer, and the rest is not read. */
export async function boundedText({ body }: Pick<Request, 'body'>, maxBytes: number): Promise<string | null> {
  if (body === null) return ''
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body as ReadableStream<Uint8Array>) {
    length += chunk.length
    if (length > maxBytes) return null
    chunks.push(chunk)
  }
  return new TextDecoder().decode(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer())
}

/** A boolean field, `false` if it is missing; null: it is not a boolean, or there are no fields. */
export function booleanField(fields: Readonly<Record<string, unknown>> | null, name: string): boolean | null {
  const value = fields === null ? null : (fields[name] ?? false)
  return typeof value === 'boolean' ? value : null
}
