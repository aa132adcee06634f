/**
 * Reads bodies of the API: bounded in size, validated by a schema, every problem reported with its
 * key.
 */
import type { Context } from 'hono'
import * as v from 'valibot'
import type { AppEnv } from '../../app-env.ts'
import { readFields } from '../../http/body.ts'
import { problem } from '../../http/problem.ts'
import { API_BODY_MAX_BYTES } from '../../operators/limits.ts'

/**
 * The validated body, or a refusal. An empty body counts as an object without fields.
 * @param unknownKey words the problem with a key that the schema does not have
 */
export async function readBody<S extends v.GenericSchema>(
  c: Context<AppEnv>,
  schema: S,
  unknownKey: (key: string) => string = () => 'there is no such key',
  maxBytes = API_BODY_MAX_BYTES,
): Promise<
  { readonly ok: true; readonly body: v.InferOutput<S> } | { readonly ok: false; readonly refusal: Response }
> {
  const fields = await readFields(c.req.raw, maxBytes)
  if (fields === null) {
    const detail = `Send a JSON object of at most ${maxBytes} bytes.`
    return { ok: false, refusal: problem(400, 'Bad body', detail) }
  }
  const result = v.safeParse(schema, fields)
  if (result.success) return { ok: true, body: result.output }
  const problems = result.issues.map((issue) => {
    const key = issue.path?.map((item) => String(item.key)).join('.') ?? ''
    const unknown = issue.type === 'strict_object' && issue.expected === 'never'
    return { key, problem: unknown ? unknownKey(key) : problemOf(issue) }
  })
  return { ok: false, refusal: invalidBody(problems) }
}

/** The refusal of a body with these problems. */
export function invalidBody(problems: Problems): Response {
  return refusedBody(400, 'Bad body', problems)
}

type Problems = readonly { readonly key: string; readonly problem: string }[]

/** The refusal of a change with these problems; an empty key stands for the whole. */
export function refusedBody(status: number, title: string, problems: Problems): Response {
  const detail = problems.map(({ key, problem: text }) => (key === '' ? text : `"${key}" ${text}`)).join('; ')
  return problem(status, title, `${detail}.`, {}, { problems })
}

function problemOf(issue: v.BaseIssue<unknown>): string {
  return issue.received === 'undefined' ? 'is missing' : issue.message
}
