/** The notifications that a page shows. */
import type { Page } from 'playwright-core'

/** Call it before the page is opened. Returns the titles of its notifications, as they come. */
export async function notificationsOf(page: Page): Promise<readonly string[]> {
  const told: string[] = []
  await page.exposeFunction('tellTest', (title: string) => void told.push(title))
  await page.addInitScript(() => {
    const { tellTest } = window as unknown as { tellTest(title: string): void }
    window.Notification = class extends Notification {
      constructor(title: string, options?: NotificationOptions) {
        super(title, options)
        tellTest(title)
      }
    }
  })
  return told
}
