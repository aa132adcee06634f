/** The waiting page as its visitor sees it: by roles and words, so that its markup may change. */
import type { Page } from 'playwright-core'

/** Waits until the page says this as its heading. */
export function untilHeading(page: Page, heading: string | RegExp): Promise<void> {
  return page.getByRole('heading', { level: 1, name: heading }).waitFor()
}

/** Which of the two depends on how fast people were let in lately. */
export const IN_LINE = /^You are (in line|almost there)$/
export const LOST = 'Connection lost'
export const LEFT = 'You left the line'
export const GONE = 'Your place in line is gone'

/** The number to quote to support. */
export async function ticketOf(page: Page): Promise<number> {
  return Number(
    await page
      .getByText(/^Ticket number/)
      .getByText(/^\d+$/)
      .textContent(),
  )
}

/** Opens a covered address and waits until the page shows a place in line. */
export async function joinLine(page: Page, url: string): Promise<number> {
  await page.goto(url)
  await untilHeading(page, IN_LINE)
  return ticketOf(page)
}

export const onTheSite = (page: Page) => page.getByText('Grüße from the shop').waitFor()
