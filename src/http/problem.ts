/**
 * Errors for programs as RFC 9457 problem details. They are vague on purpose; the log is precise.
 * @param more extension members of the problem
 */
export function problem(
  status: number,
  title: string,
  detail?: string,
  headers: Record<string, string> = {},
  more: Readonly<Record<string, unknown>> = {},
): Response {
  const body = { type: 'about:blank', title, status, ...(detail === undefined ? {} : { detail }), ...more }
  return Response.json(body, {
    status,
    headers: { ...headers, 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' },
  })
}

/**
 * Answers a method that a path does not support: `OPTIONS` with the supported methods, any other
 * with a 405.
 */
export function unsupportedMethod(method: string, supported: readonly string[]): Response {
  const allow = [...new Set([...supported, 'OPTIONS'])].join(', ')
  if (method === 'OPTIONS') {
    return new Response(null, { status: 204, headers: { Allow: allow, 'Cache-Control': 'no-store' } })
  }
  return problem(405, 'Method not allowed', `Send one of these methods: ${allow}.`, { Allow: allow })
}
