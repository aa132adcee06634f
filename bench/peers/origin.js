// The origin of all proxies: about 1 KB of JSON, and a page of about 6 KB at /page.
const items = Array.from({ length: 20 }, (_, id) => ({ id, name: `Item number ${id}`, inStock: id % 3 > 0 }))
const json = JSON.stringify({ from: 'origin', items })
const list = items.map(({ id, name }) => `<li class="item" id="item-${id}"><a href="/items/${id}"><b>${name}</b></a>`)
const head = '<head><meta charset="utf-8"><title>Items</title><link rel="stylesheet" href="/style.css"></head>'
const page = `<!doctype html><html lang="en">${head}<body>${`<ul>${list.join('')}</ul>`.repeat(4)}</body></html>`

export default {
  fetch(request) {
    const isPage = request.url.endsWith('/page')
    const type = isPage ? 'text/html; charset=utf-8' : 'application/json'
    return new Response(isPage ? page : json, { headers: { 'Content-Type': type } })
  },
}
