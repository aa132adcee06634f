/**
 * A tab of a real browser, whatever its engine and the protocol that drives it. The interface is
 * small, so that every engine's driver can do it.
 */
export interface Tab {
  /** Opens an address and waits until it has loaded. */
  go(url: string): Promise<void>
  /** The JSON value of a JavaScript expression in the page. */
  run<T = unknown>(expression: string): Promise<T>
  /** Presses and releases a key, at the element that has the focus. */
  key(key: Key): Promise<void>
  /** Types printable characters at the element that has the focus. */
  type(text: string): Promise<void>
  /** Clicks the middle of the first element that matches the CSS selector. */
  click(selector: string): Promise<void>
  /** The visible part of the page as PNG. */
  screenshot(): Promise<Buffer>
  /** Goes back in the tab's history. */
  back(): Promise<void>
  /** The visible text of the page. */
  text(): Promise<string>
  close(): Promise<void>
}

export type Key = 'Enter' | 'Tab' | 'Escape'

/** The expression behind `Tab.text`. A page that is about to be replaced may have no body. */
export const VISIBLE_TEXT = "document.body?.innerText ?? ''"

/** A running browser with one profile, so that its tabs share cookies. */
export interface Browser {
  /** As the browser reports it. */
  readonly version: string
  /** @throws Error if the driver of this engine can open no further tab */
  open(): Promise<Tab>
  close(): Promise<void>
}
