/**
 * The operators' API as a page to read: made from the same operations as the document, with no
 * script and no other host.
 */
import { html, raw } from 'hono/html'
import type { Operation } from './operation.ts'

const STYLE = `
:root{color-scheme:light dark;--ground:#f3f5f7;--card:#fff;--line:#d9dfe6;--ink:#18222e;--muted:#526070;--accent:#1d6296}
@media(prefers-color-scheme:dark){:root{--ground:#11161c;--card:#1a2129;--line:#303a46;--ink:#e9eef3;--muted:#a5b2c0;--accent:#7fc1f0}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Arial,sans-serif;overflow-wrap:anywhere}
main{max-width:56rem;margin:0 auto;padding:2rem 1rem 4rem}
h1{margin:0;line-height:1.2}
h2{margin:2.5rem 0 .5rem;text-transform:capitalize}
article{margin:.75rem 0;padding:1rem 1.25rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem}
h3{margin:0;font-size:1rem;font-weight:600}
code,pre{font:.875rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.method{display:inline-block;min-width:4rem;color:var(--accent);font-weight:700}
p{margin:.5rem 0 0}
.muted,dt{color:var(--muted)}
dl{display:grid;grid-template-columns:minmax(7rem,auto) 1fr;gap:.25rem 1rem;margin:.75rem 0 0;font-size:.9375rem}
dd{margin:0}
pre{margin:.75rem 0 0;padding:.75rem;border:1px solid var(--line);border-radius:.5rem;white-space:pre-wrap}
a{color:var(--accent)}
a:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
`

export function renderReference(operations: readonly Operation[], base: string, nonce: string) {
  const tags = [...new Set(operations.map(({ tag }) => tag))]
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Operators’ API of the waiting room</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${raw(STYLE)}</style>
</head>
<body>
<main>
<h1>Operators’ API</h1>
<p class="muted">Base: <code>${base}</code> · for programs: <a href="${base}/openapi.json">openapi.json</a> (OpenAPI 3.1)</p>
<p>Send <code>Authorization: Bearer TOKEN</code> with a token of <code>ADMIN_TOKEN</code>. Answers are JSON; errors are problem
details (RFC 9457) that say what to do.</p>
${tags.map((tag) => html`<section><h2>${tag}</h2>${operations.filter((one) => one.tag === tag).map((one) => article(one, base))}</section>`)}
</main>
</body>
</html>
`
}

function article(operation: Operation, base: string) {
  const { method, path, summary, description, needs, parameters = {}, body, answers, refusals = {} } = operation
  const who = { nobody: 'no credentials', read: 'any token', write: 'a token that may write' }[needs]
  const parameter = ([name, one]: [string, (typeof parameters)[string]]) =>
    html`<dt><code>${name}</code></dt><dd>${one.description}${one.required ? '' : ' Optional.'}</dd>`
  const answer = ([status, text]: [string, string]) => html`<dt>${status}</dt><dd>${text}</dd>`
  const told = Object.entries(answers).map(([status, one]): [string, string] => [status, one.description])
  return html`<article id="${operation.id}">
<h3><code><span class="method">${method.toUpperCase()}</span> ${path}</code></h3>
<p>${summary}.</p>
${description === undefined ? '' : html`<p class="muted">${description}</p>`}
<dl><dt>Needs</dt><dd>${who}</dd>${Object.entries(parameters).map(parameter)}${[...told, ...Object.entries(refusals)].map(answer)}</dl>
${needs === 'nobody' ? '' : html`<pre>${example(operation, base, body?.example)}</pre>`}
</article>`
}

function example({ method, path, parameters = {} }: Operation, base: string, body: unknown): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => String(parameters[name]?.example ?? name))
  const parts = ['curl', method === 'get' ? '' : `-X ${method.toUpperCase()}`, "-H 'Authorization: Bearer TOKEN'"]
  const match = parameters['If-Match']
  if (match !== undefined) parts.push(`-H 'If-Match: ${match.example}'`)
  if (body !== undefined) parts.push(`-d '${JSON.stringify(body)}'`)
  return [...parts, `${base}${filled}`].filter((part) => part !== '').join(' ')
}
