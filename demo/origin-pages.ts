/**
 * The pages of the small origin: a shop, a goodbye, and the error that the waiting room prevents.
 */

/** Interval of the shop's own heartbeat. */
const PING_INTERVAL_MS = 5_000

const STYLE = `
  :root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5 }
  body { margin: 0 auto; max-width: 60rem; padding: 1.5rem }
  header { display: flex; justify-content: space-between; align-items: center; gap: 1rem; flex-wrap: wrap }
  h1 { font-size: 1.5rem; margin: 0 }
  ul { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: 1rem; list-style: none; padding: 0 }
  li { border: 1px solid #8886; border-radius: .75rem; padding: 1rem }
  li h2 { font-size: 1.1rem; margin: .5rem 0 0 }
  li svg { width: 100%; height: 6rem; border-radius: .5rem; background: #8882 }
  button { font: inherit; padding: .5rem 1rem; border-radius: .5rem; border: 1px solid #8886; cursor: pointer }
  .price { font-variant-numeric: tabular-nums; opacity: .8 }`

const GOODS = [
  { name: 'Enamel kettle', price: '34.00', colour: '#2a7f78' },
  { name: 'Brass desk lamp', price: '58.50', colour: '#b9862c' },
  { name: 'Wool blanket', price: '72.00', colour: '#8a4b5e' },
  { name: 'Oak stool', price: '46.00', colour: '#8d6a45' },
  { name: 'Clay planter', price: '19.90', colour: '#b5583c' },
  { name: 'Linen apron', price: '27.00', colour: '#5b6f94' },
]

function page(title: string, head: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}
</style>
${head}</head>
<body>
${body}
</body>
</html>
`
}

const goods = GOODS.map(
  ({ name, price, colour }) => `<li>
<svg viewBox="0 0 120 60" role="img" aria-label="${name}"><circle cx="60" cy="30" r="20" fill="${colour}"/></svg>
<h2>${name}</h2><span class="price">EUR ${price}</span>
</li>`,
).join('\n')

/** The shop keeps the licence with its own beacon while the page is open. */
export const SHOP_PAGE = page(
  'The small shop',
  `<script>
setInterval(() => fetch('/ping', { method: 'POST' }).catch(() => {}), ${PING_INTERVAL_MS})
addEventListener('pagehide', () => navigator.sendBeacon('/closing'))
</script>
`,
  `<header>
<h1>The small shop</h1>
<form method="post" action="/logout"><button>Log out and leave</button></form>
</header>
<main>
<p>You are in. This server carries only a few people at once, which is why there was a line.</p>
<ul>
${goods}
</ul>
</main>`,
)

/**
 * The page after logout. It also tells the waiting room that the visit is over, so that the next
 * visitor need not wait for silence. It answers the POST itself: a redirect would be one more
 * visit, and so a new place in line.
 */
export const GOODBYE_PAGE = page(
  'Goodbye',
  `<script>
fetch('/__waiting-room/leave', {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: '{"final":true}',
}).catch(() => {})
</script>
`,
  `<main>
<h1>Goodbye</h1>
<p>You are logged out, and the next in line can come in. <a href="/">Come back</a> whenever you like.</p>
</main>`,
)

/** The page of an overloaded origin, which the waiting room prevents. */
export const OVERLOAD_PAGE = page('No licence left', '', '<main>\n<h1>500: no licence left</h1>\n</main>')
