/** The headers that fence in a page for operators: nothing from elsewhere, no frame around it, nothing kept. */

export interface PageSources {
  /** Sources of `script-src`, `style-src` and `connect-src`; none unless given. */
  readonly script?: string
  readonly style?: string
  readonly connect?: string
}

export function ownPageHeaders({ script = "'none'", style = "'none'", connect = "'none'" }: PageSources) {
  const policy = [
    "default-src 'none'",
    `script-src ${script}`,
    `style-src ${style}`,
    `connect-src ${connect}`,
    'img-src data:',
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ]
  return {
    'Cache-Control': 'no-store',
    'Content-Security-Policy': policy.join('; '),
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Opener-Policy': 'same-origin',
  }
}
