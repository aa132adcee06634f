// The origin of all proxies: about 1 KB of JSON, a page of about 6 KB at /page and at
// /chunked-page, and one of about 80 KB at /large-page. The pages but the chunked one have their
// length in a header, as HTTP servers send it for a body that they have whole. Within one process
// the runtime leaves this header out.
const items = Array.from({ length: 20 }, (_, id) => ({ id, name: `Item number ${id}`, inStock: id % 3 > 0 }))
const json = JSON.stringify({ from: 'origin', items })
const list = items.map(({ id, name }) => `<li class="item" id="item-${id}"><a href="/items/${id}"><b>${name}</b></a>`)
const head = '<head><meta charset="utf-8"><title>Items</title><link rel="stylesheet" href="/style.css"></head>'
const pageOf = (lists) =>
  `<!doctype html><html lang="en">${head}<body>${`<ul>${list.join('')}</ul>`.repeat(lists)}</body></html>`
const pages = { '/page': pageOf(4), '/chunked-page': pageOf(4), '/large-page': pageOf(56) }

export default {
  fetch(request) {
    const { pathname } = new URL(request.url)
    const page = pages[pathname]
    if (page === undefined) return new Response(json, { headers: { 'Content-Type': 'application/json' } })
    const length = pathname === '/chunked-page' ? {} : { 'Content-Length': String(page.length) }
    return new Response(page, { headers: { 'Content-Type': 'text/html; charset=utf-8', ...length } })
  },
}
