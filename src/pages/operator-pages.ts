/**
 * The pages of operators: the shell of their page, and the headers that confine it and the API
 * reference.
 */

/** The script renders everything else, from the API. */
export function adminPage(prefix: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>Waiting room: operators</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${prefix}/admin/admin.min.css">
<script src="${prefix}/admin/start.min.js" defer></script>
<script src="${prefix}/admin/admin.min.js" defer></script>
</head>
<body>
<div id="app" data-prefix="${prefix}"><noscript><p>This page needs JavaScript. The API does not: ${prefix}/api/v1/</p></noscript></div>
</body>
</html>
`
}

export interface PageSources {
  /** Sources of a Content-Security-Policy; default: none. */
  readonly script?: string
  readonly style?: string
  readonly connect?: string
}

/** Nothing from other hosts, no frame around the page, no copy of it in a cache. */
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
