/** What axe finds wrong with a page as it is now, in words that fit into a failed assertion. */
import AxeBuilder from '@axe-core/playwright'
import type { Page } from 'playwright-core'

export async function accessibilityViolations(page: Page): Promise<string[]> {
  // Our pages have no frames, whose results would be put together in a page of their own.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
  return violations.map(({ id, help, nodes }) => {
    const where = nodes.map(({ html, failureSummary }) => `${html}\n    ${failureSummary}`)
    return `${id}: ${help}\n  ${where.join('\n  ')}`
  })
}
