/**
 * Pages like those of real sites: strict, old and odd ones. Each marks its root element with
 * `data-works` once its own script has succeeded, so that a test sees whether the beacon
 * interfered.
 */
import { type Answer, html } from '../../contract/support/origin.ts'

export const NONCE = 'h0stP4ge=='
const WORKS = "document.documentElement.dataset.works = 'yes'"
const ICON = '<link rel="icon" href="data:,">'

const page = (head: string, body: string) => `<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>Shop</title>${ICON}${head}</head><body><h1>Shop</h1>${body}</body></html>`
const withPolicy = (policy: string, head: string, body = '') =>
  html(page(head, body), { 'Content-Security-Policy': policy })
const scriptFile = (code: string): Answer => {
  return (_request, response) => void response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(code)
}

/**
 * Scripts in the style used before modules: names in the global scope, helpers on every object,
 * overwritten handlers.
 */
const OLD_SCRIPT = `
  var origin = 'here', status = 'ready', self = this, to = 1, lead = 2, src = 3, worker = 4;
  Object.prototype.extend = function () {};
  Array.prototype.each = function (f) { for (var i = 0; i < this.length; i++) f(this[i]) };
  Object.prototype.toJSON = Array.prototype.toJSON = function () { return 'spoiled' };
  document.write('<p id="written">Written while loading</p>');
  window.onload = function () {
    var last = document.scripts[document.scripts.length - 1];
    if (document.getElementById('written') && last.className === 'mine') ${WORKS};
  };`

/** A shop that answers from its cache first, as many do. */
const SERVICE_WORKER = `
  addEventListener('install', () => skipWaiting())
  addEventListener('activate', (event) => event.waitUntil(clients.claim()))
  addEventListener('fetch', (event) => event.respondWith((async () => {
    const cache = await caches.open('shop')
    const kept = await cache.match(event.request)
    if (kept) return kept
    const answer = await fetch(event.request)
    if (event.request.method === 'GET' && answer.ok) await cache.put(event.request, answer.clone())
    return answer
  })()))`

export const HOST_PAGES: Readonly<Record<string, Answer>> = {
  plain: html(page(`<script>${WORKS}</script>`, '')),
  nonce: withPolicy(
    `default-src 'none'; script-src 'nonce-${NONCE}' 'strict-dynamic'; connect-src 'self'; img-src data:; ` +
      "base-uri 'none'; require-trusted-types-for 'script'",
    `<script nonce="${NONCE}">${WORKS}</script>`,
  ),
  self: withPolicy("default-src 'self'; img-src data:", '<script src="/host-script"></script>'),
  workerless: withPolicy(
    "default-src 'self'; worker-src 'none'; img-src data:",
    '<script src="/host-script"></script>',
  ),
  meta: html(
    page(
      `<meta http-equiv="Content-Security-Policy" content="default-src 'self'; worker-src 'none'; img-src data:">`,
      '<script src="/host-script"></script>',
    ),
  ),
  callless: withPolicy("default-src 'self'; connect-src 'none'; img-src data:", '<script src="/host-script"></script>'),
  'opted-out': html(page(`<script>${WORKS}</script>`, ''), { 'Waiting-Room-Beacon': 'off' }),
  isolated: html(page(`<script>if (crossOriginIsolated) ${WORKS}</script>`, ''), {
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
  }),
  based: html(page(`<base href="https://elsewhere.invalid/"><script>${WORKS}</script>`, '')),
  old: html(page('', `<script class="mine">${OLD_SCRIPT}</script>`)),
  app: html(
    page(
      '',
      `<nav><a href="/catalogue/7">Catalogue</a></nav><main></main><script>
      document.querySelector('a').addEventListener('click', (event) => {
        event.preventDefault()
        history.pushState({}, '', event.target.href)
        document.querySelector('main').textContent = 'The catalogue'
      })
      ${WORKS}</script>`,
    ),
  ),
  'service-worker': html(
    page(
      '',
      `<script>
      navigator.serviceWorker.register('/service-worker-script', { scope: '/' })
      const { serviceWorker } = navigator
      const controlled = () => { if (serviceWorker.controller) ${WORKS} }
      serviceWorker.addEventListener('controllerchange', controlled)
      controlled()</script>`,
    ),
  ),
  'service-worker-script': scriptFile(SERVICE_WORKER),
  'host-script': scriptFile(WORKS),
}
