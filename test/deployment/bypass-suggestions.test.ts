/** Suggestions of the settings check for bypass rules. */
import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bypassSuggestions } from '../../scripts/checks/rooms.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const room = (bypass: object[], more: object = {}) => ({
  name: 'main',
  total_active_users: 1,
  new_users_per_minute: 1,
  bypass,
  ...more,
})

describe('suggestions for bypass rules', () => {
  it('are one line for a room without rules, with the paths and a link', () => {
    const [line = '', ...more] = bypassSuggestions({ vars: { ROOMS: [room([])] } })
    expect(more).toEqual([])
    expect(line).toMatch(/^room "main" has no bypass rule for \/robots\.txt, \/\.well-known\/acme-challenge\/\*, /)
    expect(line).toContain('docs/abuse.md#bypass-recipes')
  })

  it.each<[string, object[]]>([
    ['both as the recipes have them', [{ paths: ['/robots.txt', '/sitemap.xml'] }, { paths: ['/.well-known/*'] }]],
    ['wider patterns', [{ paths: ['/*.txt'] }, { paths: ['/.*'] }]],
    [
      'each path by name',
      [
        { paths: ['/robots.txt', '/.well-known/security.txt', '/.well-known/assetlinks.json'] },
        { paths: ['/.well-known/apple-app-site-association', '/.well-known/acme-challenge/*'] },
      ],
    ],
    [
      'rules that ask for more',
      [
        { paths: ['/robots.txt'], search_crawlers: true },
        { paths: ['/.well-known/*'], addresses: ['203.0.113.0/24'] },
      ],
    ],
    ['a secret', [{ paths: ['/robots.txt', '/.well-known/*'], header: 'X-Key', secret: 'BYPASS_KEY' }]],
  ])('are none for a room with %s', (_, bypass) => {
    expect(bypassSuggestions({ vars: { ROOMS: [room(bypass)] } })).toEqual([])
  })

  it.each<[string, object[], string]>([
    ['half of them', [{ paths: ['/.well-known/*'] }], '/robots.txt'],
    ['a rule of addresses alone', [{ paths: ['/.well-known/*'] }, { addresses: ['203.0.113.0/24'] }], '/robots.txt'],
    ['another spelling', [{ paths: ['/.well-known/*', '/Robots.txt'] }], '/robots.txt'],
    [
      'a pattern that falls short',
      [{ paths: ['/robots.txt', '/.well-known/a*', '/.well-known/*.json'] }],
      '/.well-known/security.txt',
    ],
  ])('name the paths that are missing from %s', (_, bypass, missing) => {
    const [line = ''] = bypassSuggestions({ vars: { ROOMS: [room(bypass)] } })
    expect(line).toContain(`no bypass rule for ${missing}: `)
  })

  it('are none for a room on a path or for invalid settings', () => {
    expect(bypassSuggestions({ vars: { ROOMS: [room([], { path: '/shop' })] } })).toEqual([])
    for (const rooms of [undefined, [], 'x', [{ name: 'Main' }]])
      expect(bypassSuggestions({ vars: { ROOMS: rooms } })).toEqual([])
  })

  it('are printed by the settings check for deployed environments, without failing it', () => {
    const output = execFileSync(process.execPath, ['scripts/check-settings.ts'], { cwd: ROOT, encoding: 'utf8' })
    const [topLevel = '', ...environments] = output.split(/^(?=wrangler\.toml, )/m)
    expect(topLevel).not.toContain('bypass')
    expect(environments.map((told) => told.split('has no bypass rule for /robots.txt').length - 1)).toEqual([1, 1])
  })
})
