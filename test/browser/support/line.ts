/**
 * The waiting page as a visitor sees it: found by roles and words, so that its markup may change.
 */
import type { Page } from 'playwright-core'

/** Waits until the page has this heading. */
export function untilHeading(page: Page, heading: string | RegExp): Promise<void> {
  return page.getByRole('heading', { level: 1, name: heading }).waitFor()
}

/** Either text, depending on the recent admission rate. */
export const IN_LINE = /^You are (in line|almost there)$/
export const TURN = 'It is your turn'
export const LOST = 'Connection lost'
export const LEFT = 'You left the line'
export const GONE = 'Your place in line is gone'

/** The number that a visitor quotes to support. */
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
