// The origin of both proxies: about 1 KB of JSON.
const items = Array.from({ length: 20 }, (_, id) => ({ id, name: `Item number ${id}`, inStock: id % 3 > 0 }))
const body = JSON.stringify({ from: 'origin', items })

export default {
  fetch() {
    return new Response(body, { headers: { 'Content-Type': 'application/json' } })
  },
}
