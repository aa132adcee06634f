/** Colours and settings of a room's look. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accentStyle, contrast, parse } from '../../src/pages/colours.ts'
import { parseRooms } from '../../src/settings/rooms.ts'

const accents = (style: string) => [...style.matchAll(/--accent:(#[0-9a-f]{6});--on-accent:(#[0-9a-f]{6})/g)]

describe('an accent colour', () => {
  it('stays unchanged if it is legible', () => {
    expect(accents(accentStyle('#1d6296', '#82c3f1')).map(([, accent]) => accent)).toEqual(['#1d6296', '#82c3f1'])
  })

  it('is legible on the card and under its own text, for any colour', () => {
    const byte = fc.integer({ min: 0, max: 255 })
    fc.assert(
      fc.property(byte, byte, byte, (r, g, b) => {
        const colour = `#${[r, g, b].map((value) => value.toString(16).padStart(2, '0')).join('')}`
        const [light, dark] = accents(accentStyle(colour)) as unknown as [string[], string[]]
        expect(contrast(parse(light[1] as string), [255, 255, 255])).toBeGreaterThanOrEqual(4.5)
        expect(contrast(parse(dark[1] as string), [25, 33, 42])).toBeGreaterThanOrEqual(4.5)
        for (const [, accent, on] of [light, dark]) {
          expect(contrast(parse(accent as string), parse(on as string))).toBeGreaterThanOrEqual(4.5)
        }
      }),
    )
  })
})

describe("settings of a room's look", () => {
  const problems = (look: object) => {
    const room = { name: 'shop', total_active_users: 1, new_users_per_minute: 1, ...look }
    return parseRooms([room]).problems.map((problem) => problem.split(':')[0])
  }

  it('are accepted as documented', () => {
    const look = {
      site_name: 'Shop',
      template: 'shop.html',
      logo: 'data:image/png;base64,AAAA',
      accent: '#1D6296',
      accent_dark: '#82c3f1',
      default_language: 'pt-BR',
      texts: { de: { 'waiting.heading': 'Hallo', 'full.lead': 'Voll' } },
    }
    expect(problems(look)).toEqual([])
    expect(problems({ logo: 'logo.webp' })).toEqual([])
  })

  it.each<[string, object]>([
    ['template', { template: '../secret.html' }],
    ['template', { template: 'shop.txt' }],
    ['logo', { logo: 'https://cdn.example/logo.png' }],
    ['logo', { logo: 'data:text/html;base64,AAAA' }],
    ['logo', { logo: `data:image/png;base64,${'A'.repeat(3000)}` }],
    ['accent', { accent: 'red;}body{display:none' }],
    ['accent_dark', { accent_dark: '#fff' }],
    ['default_language', { default_language: 'xx' }],
    ['site_name', { site_name: '' }],
    ['texts.xx', { texts: { xx: { 'waiting.heading': 'x' } } }],
    ['texts.de.waiting.nonsense', { texts: { de: { 'waiting.nonsense': 'x' } } }],
    ['texts.de.waiting.heading', { texts: { de: { 'waiting.heading': 'x'.repeat(301) } } }],
  ])('name the key of the problem: %s', (key, look) => {
    expect(problems(look)).toEqual([`ROOMS[0].${key}`])
  })
})
