/** Drives the operators' page by roles and texts. */
import type { Locator, Page } from 'playwright-core'
import type { Stage } from '../../contract/support/stage.ts'
import type { Visitor } from '../../contract/support/visitor.ts'
import { ADMIN_TOKEN } from '../../contract/support/worker-config.ts'
import { picture } from './picture.ts'
import { urlOf, visitorOf } from './site.ts'

export async function logIn(stage: Stage, page: Page, name: string, token = ADMIN_TOKEN): Promise<void> {
  await page.goto(`${urlOf(stage, name, '/__waiting-room/admin')}#${name}`)
  await page.getByLabel('Token').fill(token)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('heading', { name, level: 2 }).waitFor()
}

/** Visitors who arrive in order. The first ones are admitted. */
export async function crowd(stage: Stage, name: string, count: number): Promise<Visitor[]> {
  const visitors = Array.from({ length: count }, () => visitorOf(stage, name))
  for (const visitor of visitors) await visitor.get('/')
  return visitors
}

/** A figure, by its label. */
export function figure(page: Page, label: string): Locator {
  return page.locator('.figure', { hasText: label })
}

export function figureValue(page: Page, label: string): Locator {
  return figure(page, label).locator('.value')
}

/** The controls that are always in view: badges, Pause, Close. */
export function pinned(page: Page): Locator {
  return page.getByRole('region', { name: 'Pause and close' })
}

export function button(page: Page | Locator, name: string): Locator {
  return page.getByRole('button', { name, exact: true })
}

/** A time as the value of a `datetime-local` field, for a browser in UTC. */
export function localTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16)
}

/** Whether anything overflows the window, or the scrolling part of the page, horizontally. */
export function isCutOff(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const area = document.querySelector('.page')
    return document.documentElement.scrollWidth > innerWidth || (area !== null && area.scrollWidth > area.clientWidth)
  })
}

/** The page scrolls inside an element, so a full screenshot needs a window of that height. */
export async function wholePicture(page: Page, name: string): Promise<void> {
  const before = page.viewportSize()
  const height = await page.evaluate(() => {
    const [area, foot] = ['.page', '.foot'].map((part) => document.querySelector(part))
    return (area?.scrollHeight ?? 0) + (foot?.clientHeight ?? 0) + 1
  })
  if (before !== null) await page.setViewportSize({ width: before.width, height })
  await picture(page, name)
  if (before !== null) await page.setViewportSize(before)
}
