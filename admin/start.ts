/**
 * Loaded before the operators' page: shows the error if its script does not load, does not parse or
 * fails before anything is shown. The page itself shows the errors of its parts (boundary.tsx).
 */
const app = document.getElementById('app') as HTMLElement

addEventListener(
  'error',
  ({ message, target }) => {
    const isUnshown = app.querySelector(':scope > :not(noscript)') === null
    if (isUnshown) show(target instanceof HTMLScriptElement ? `${target.src} could not be loaded` : message)
  },
  // Failed loads do not bubble.
  { capture: true },
)

function show(message: string): void {
  const text = document.createElement('p')
  text.className = 'banner error'
  text.setAttribute('role', 'alert')
  text.textContent = `This page could not start (${message}). Reload it, or use another browser. The API works without this page.`
  app.replaceChildren(text)
}
