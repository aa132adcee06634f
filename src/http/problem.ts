/** Errors for programs: RFC 9457 problem details; `more` are members of its own. Vague on purpose; the log is precise. */
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
