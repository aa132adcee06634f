/** Replaces pages: simulated visitors look at the status of an answer only. */

export function checkTrouble(_context: unknown, _page: string, status: number): Response {
  return new Response(null, { status, headers: status === 429 || status === 503 ? { 'Retry-After': '10' } : {} })
}

export function refusal(_context: unknown, _reader: string, { status }: { readonly status: number }): Response {
  return new Response(null, { status })
}
