/**
 * The script of the check page: shows Turnstile's widget, does the proof of work, and sends the
 * form when both are done. Explains itself when something fails or takes long.
 */
import { serveAsWorker, startWork } from './work.ts'

/** A check that takes longer is explained, and offers the other ways to go on. */
const LONG_MS = 30_000

/** The announced progress changes no more often than this. */
const ANNOUNCE_MS = 2_000

interface Turnstile {
  render(where: string, options: Readonly<Record<string, unknown>>): void
}

if (typeof document === 'undefined') serveAsWorker()
else checkNewcomer(document.currentScript?.textContent ?? '')

function checkNewcomer(script: string): void {
  const form = document.getElementById('join') as HTMLFormElement
  const button = form.querySelector('button') as HTMLButtonElement
  const others = document.getElementById('slow')
  const { key, bits = '0', id = '', automatic, language, appearance } = form.dataset
  const open = new Set([...(key ? ['token'] : []), ...(Number(bits) > 0 ? ['nonce'] : [])])
  let inTrouble = false

  const update = () => {
    const isSolved = !open.has('nonce')
    if (open.size === 0 && automatic) form.submit()
    else button.hidden = !(isSolved && (open.size === 0 || inTrouble))
  }
  const done = (name: string, value: string) => {
    ;(form.elements.namedItem(name) as HTMLInputElement).value = value
    open.delete(name)
    update()
  }
  const trouble = () => {
    inTrouble = true
    for (const part of [document.getElementById('trouble'), others]) if (part !== null) part.hidden = false
    update()
  }

  if (others !== null) others.hidden = true
  setTimeout(trouble, LONG_MS)
  addEventListener('error', ({ target }) => (target as { src?: string } | null)?.src && trouble(), true)
  if (open.has('nonce')) {
    const stop = startWork({ id, bits: Number(bits) }, script, { ...progressOf(Number(bits)), onSolved })
    function onSolved(nonce: string) {
      stop()
      done('nonce', nonce)
    }
    addEventListener('pagehide', () => stop())
    // The browser kept the page, but not its work.
    addEventListener('pageshow', ({ persisted }) => persisted && location.reload())
  }
  Object.assign(window, {
    onTurnstile: () =>
      (window as unknown as { turnstile: Turnstile }).turnstile.render('#check', {
        sitekey: key,
        action: 'waiting-room-join',
        language,
        appearance,
        'response-field': false,
        'error-callback': trouble,
        'unsupported-callback': trouble,
        'timeout-callback': trouble,
        callback: (token: string) => done('token', token),
      }),
  })
  update()
}

/**
 * Shows the probability that a solution is found by now, which never reaches 100 %: nobody knows
 * how long the rest takes.
 */
function progressOf(bits: number): { onTried(count: number): void } {
  const bar = document.getElementById('bar') as HTMLProgressElement
  const text = document.getElementById('done') as HTMLElement
  const percent = new Intl.NumberFormat(text.dataset.locale, { style: 'percent' })
  let announcedMs = Number.NEGATIVE_INFINITY
  bar.hidden = false
  return {
    onTried(count) {
      const share = 1 - Math.exp(-count / 2 ** bits)
      bar.value = share
      const nowMs = performance.now()
      if (nowMs - announcedMs < ANNOUNCE_MS) return
      announcedMs = nowMs
      text.textContent = (text.dataset.text as string).replace('{percent}', percent.format(Math.min(0.99, share)))
    },
  }
}
