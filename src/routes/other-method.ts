import { problem } from '../http/problem.ts'

/** Answers a method that a path of ours does not take, with those that it takes. */
export function otherMethod(method: string, taken: readonly string[]): Response {
  const allow = [...new Set([...taken, 'OPTIONS'])].join(', ')
  if (method === 'OPTIONS') {
    return new Response(null, { status: 204, headers: { Allow: allow, 'Cache-Control': 'no-store' } })
  }
  return problem(405, 'Method not allowed', `Send one of these methods: ${allow}.`, { Allow: allow })
}
