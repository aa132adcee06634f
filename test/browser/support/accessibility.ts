/**
 * The accessibility problems that axe finds in the current page, as text for a failed assertion.
 */
import AxeBuilder from '@axe-core/playwright'
import type { Page } from 'playwright-core'

export async function accessibilityViolations(page: Page): Promise<string[]> {
  // Our pages have no frames, whose results would be merged in a separate page.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
  return violations.map(({ id, help, nodes }) => {
    const where = nodes.map(({ html, failureSummary }) => `${html}\n    ${failureSummary}`)
    return `${id}: ${help}\n  ${where.join('\n  ')}`
  })
}
