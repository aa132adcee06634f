// The origin of all proxies: about 1 KB of JSON, a page of about 6 KB at /page and one of about
// 80 KB at /large-page.
const items = Array.from({ length: 20 }, (_, id) => ({ id, name: `Item number ${id}`, inStock: id % 3 > 0 }))
const json = JSON.stringify({ from: 'origin', items })
const list = items.map(({ id, name }) => `<li class="item" id="item-${id}"><a href="/items/${id}"><b>${name}</b></a>`)
const head = '<head><meta charset="utf-8"><title>Items</title><link rel="stylesheet" href="/style.css"></head>'
const pageOf = (lists) =>
  `<!doctype html><html lang="en">${head}<body>${`<ul>${list.join('')}</ul>`.repeat(lists)}</body></html>`
const pages = { '/page': pageOf(4), '/large-page': pageOf(56) }

export default {
  fetch(request) {
    const page = pages[new URL(request.url).pathname]
    const type = page === undefined ? 'application/json' : 'text/html; charset=utf-8'
    return new Response(page ?? json, { headers: { 'Content-Type': type } })
  },
}
