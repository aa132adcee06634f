/**
 * A small client of W3C WebDriver (https://www.w3.org/TR/webdriver2/): one session, whose windows
 * are the tabs.
 */
import { PATIENCE_MS } from '../../contract/support/patience.ts'
import { type Browser, type Key, type Tab, VISIBLE_TEXT } from './tab.ts'

/** As the protocol encodes keys that have no character. */
const KEYS: Readonly<Record<Key, string>> = { Enter: '\uE007', Tab: '\uE004', Escape: '\uE00C' }

export interface SessionOptions {
  /** Of the driver. */
  readonly url: string
  readonly capabilities: Readonly<Record<string, unknown>>
  /** The browser has one window. Its tabs come one after the other. */
  readonly singleWindow: boolean
}

interface NewSession {
  readonly sessionId: string
  readonly capabilities: { readonly browserVersion: string }
}

/** @throws Error with the driver's answer if it starts no browser */
export async function startSession({ url, capabilities, singleWindow }: SessionOptions): Promise<Browser> {
  const created = await call<NewSession>('POST', `${url}/session`, { capabilities: { alwaysMatch: capabilities } })
  const session = new Session(`${url}/session/${created.sessionId}`)
  const first = await session.send<string>('GET', '/window')
  let isTaken = false
  return {
    version: created.capabilities.browserVersion,
    async open() {
      if (!singleWindow) {
        // A window: a tab in the background is not drawn, and has no screenshot.
        const { handle } = await session.send<{ handle: string }>('POST', '/window/new', { type: 'window' }, first)
        return new WebDriverTab(session, handle, (tab) => tab.send('DELETE', '/window'))
      }
      if (isTaken) throw new Error('This browser has one window.')
      isTaken = true
      return new WebDriverTab(session, first, async (tab) => {
        await tab.go('about:blank')
        isTaken = false
      })
    },
    close: () => session.send('DELETE', ''),
  }
}

/** Sends one command at a time, since a session has one current window. */
class Session {
  private readonly url: string
  private last: Promise<unknown> = Promise.resolve()
  private current: string | null = null

  constructor(url: string) {
    this.url = url
  }

  /** `window`: the handle of the window that the command is for. */
  send<T>(method: Method, path: string, body?: object, window?: string): Promise<T> {
    const sent = this.last.then(async () => {
      if (window !== undefined && window !== this.current) {
        await call('POST', `${this.url}/window`, { handle: window })
        this.current = window
      }
      return call<T>(method, this.url + path, body)
    })
    this.last = sent.catch(() => {})
    return sent
  }
}

class WebDriverTab implements Tab {
  private readonly session: Session
  private readonly handle: string
  private readonly end: (tab: WebDriverTab) => Promise<void>

  constructor(session: Session, handle: string, end: (tab: WebDriverTab) => Promise<void>) {
    this.session = session
    this.handle = handle
    this.end = end
  }

  async send<T = void>(method: Method, path: string, body?: object): Promise<T> {
    return this.session.send<T>(method, path, body, this.handle)
  }

  go(url: string): Promise<void> {
    return this.send('POST', '/url', { url })
  }

  run<T>(expression: string): Promise<T> {
    return this.send<T>('POST', '/execute/sync', { script: `return (${expression})`, args: [] })
  }

  key(key: Key): Promise<void> {
    return this.press([KEYS[key]])
  }

  type(text: string): Promise<void> {
    return this.press([...text])
  }

  async click(selector: string): Promise<void> {
    const found = await this.send<Record<string, string>>('POST', '/element', {
      using: 'css selector',
      value: selector,
    })
    await this.send('POST', `/element/${Object.values(found)[0]}/click`, {})
  }

  async screenshot(): Promise<Buffer> {
    return Buffer.from(await this.send<string>('GET', '/screenshot'), 'base64')
  }

  back(): Promise<void> {
    return this.send('POST', '/back', {})
  }

  text(): Promise<string> {
    return this.run(VISIBLE_TEXT)
  }

  close(): Promise<void> {
    return this.end(this)
  }

  private press(keys: readonly string[]): Promise<void> {
    const actions = keys.flatMap((value) => [
      { type: 'keyDown', value },
      { type: 'keyUp', value },
    ])
    return this.send('POST', '/actions', { actions: [{ type: 'key', id: 'keyboard', actions }] })
  }
}

type Method = 'GET' | 'POST' | 'DELETE'

async function call<T>(method: Method, url: string, body?: object): Promise<T> {
  const response = await fetch(url, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  })
  const { value } = (await response.json()) as { value: T & { error?: string; message?: string } }
  if (!response.ok) throw new Error(`${method} ${new URL(url).pathname}: ${value.error}: ${value.message}`)
  return value
}
