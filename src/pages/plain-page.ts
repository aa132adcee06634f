/**
 * Small pages without script, for instance when the origin is down, in a frame, without
 * configuration, or about a draw. This module owns their look; callers choose texts and status
 * code.
 */

import Mustache from 'mustache'
import { pathOfThisHost } from '../http/paths.ts'
import { DEFAULT_LANGUAGE, type Language } from '../languages.ts'
import { messages } from './messages/index.ts'

export interface PlainPage {
  readonly title: string
  /** Plain text; each of its lines is shown as one. */
  readonly text: string
  readonly sections?: readonly PlainSection[]
  /** Plain text after the sections. */
  readonly closing?: string
  readonly language?: Language
  /** `top` opens the link in the whole window, for a page inside a frame. */
  readonly link?: { readonly href: string; readonly label: string; readonly top?: boolean }
  /** HTML with all values escaped, after the text. */
  readonly forms?: string
  /** A button that posts to one of our endpoints. */
  readonly form?: { readonly action: string; readonly label: string }
  /** The page reloads after this time. */
  readonly refreshSeconds?: number
}

export interface PlainSection {
  readonly title: string
  readonly text: string
  readonly facts: readonly Fact[]
}

/** A value for machines. */
export interface Fact {
  readonly name: string
  readonly value: string
}

/** The policy allows it by `PLAIN_PAGE_STYLE_HASH`. */
export const PLAIN_PAGE_STYLE = `
:root{color-scheme:light dark;--ground:#f3f5f7;--card:#fff;--line:#d9dfe6;--ink:#18222e;--muted:#526070;--accent:#1d6296;--on:#fff}
@media(prefers-color-scheme:dark){:root{--ground:#11161c;--card:#1a2129;--line:#303a46;--ink:#e9eef3;--muted:#a5b2c0;--accent:#7fc1f0;--on:#0b1a26}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Arial,sans-serif;overflow-wrap:anywhere}
main{width:100%;max-width:32rem;padding:clamp(1.25rem,5vw,2.5rem);background:var(--card);border:1px solid var(--line);border-radius:1rem}
h1{margin:0 0 .5rem;font-size:clamp(1.375rem,5vw,1.75rem);line-height:1.2}
p{margin:0;color:var(--muted);white-space:pre-line}
section{margin:1.5rem 0}
h2{margin:0 0 .5rem;font-size:1.125rem}
dt{margin-top:.75rem;color:var(--muted);font-size:.875rem}
dd{margin:0}
a,button{display:inline-block;margin-top:1.5rem;padding:.625rem 1.25rem;border:0;border-radius:.5rem;font:inherit;font-weight:600;text-decoration:none;background:var(--accent);color:var(--on)}
a:focus-visible,button:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
[hidden]{display:none}
#check,#trouble,#done,noscript p{margin-top:1rem}
#slow{margin-top:1.5rem;padding-top:1.5rem;border-top:1px solid var(--line)}
#slow button{margin-top:1rem}
.quiet{padding:.5625rem 1.1875rem;border:1px solid;background:none;color:var(--accent)}
progress{display:block;width:100%;height:.5rem;margin-top:1.5rem;accent-color:var(--accent)}
`

/** SHA-256 of the style, base64. A test prints the new value when the style changes. */
export const PLAIN_PAGE_STYLE_HASH = 'sha256-3mHbsDK6wupqpm/QnkwBfXvGEVl4N6cx/LMgFPS74wA='

const TEMPLATE = `<!doctype html>
<html lang="{{lang}}" dir="{{dir}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
{{#refreshSeconds}}<meta http-equiv="refresh" content="{{refreshSeconds}}">
{{/refreshSeconds}}<title>{{title}}</title>
<link rel="icon" href="data:,">
<style>{{{style}}}</style>
</head>
<body>
<main>
<h1>{{title}}</h1>
{{#text}}<p>{{text}}</p>
{{/text}}{{#sections}}<section>
<h2 dir="auto">{{title}}</h2>
<p>{{text}}</p>
<dl dir="ltr">
{{#facts}}<dt><code>{{name}}</code></dt><dd>{{value}}</dd>
{{/facts}}</dl>
</section>
{{/sections}}{{#closing}}<p>{{closing}}</p>
{{/closing}}{{{forms}}}{{#form}}<form method="post" action="{{action}}"><button>{{label}}</button></form>
{{/form}}{{#link}}<a href="{{href}}"{{#top}} target="_top"{{/top}}>{{label}}</a>
{{/link}}</main>
</body>
</html>
`

/**
 * The page with all values escaped. Its link leads to a path of this host or an http(s) address,
 * never to a script.
 */
export function renderPlainPage({ language = DEFAULT_LANGUAGE, link, ...page }: PlainPage): string {
  return Mustache.render(TEMPLATE, {
    sections: [],
    closing: '',
    forms: '',
    form: false,
    ...page,
    lang: language,
    dir: messages[language].dir,
    link: link && { top: link.top ?? false, label: link.label, href: safeHref(link.href) },
    style: PLAIN_PAGE_STYLE,
  })
}

interface PlainPageOptions {
  /** Any site may frame the page, which asks the visitor to open it in its own window. */
  readonly framed?: boolean
  /** The page has a form. Browsers apply the policy to the redirects of its answer, too. */
  readonly sends?: boolean
}

export function plainPageHeaders({ framed = false, sends = false }: PlainPageOptions = {}): Record<string, string> {
  const forms = sends ? "'self' https:" : "'none'"
  const policy = `default-src 'none'; style-src '${PLAIN_PAGE_STYLE_HASH}'; img-src data:; form-action ${forms}; base-uri 'none'`
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'Content-Security-Policy': framed ? policy : `${policy}; frame-ancestors 'none'`,
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
  }
}

function safeHref(href: string): string {
  return /^https?:\/\//i.test(href) ? href : pathOfThisHost(href)
}
