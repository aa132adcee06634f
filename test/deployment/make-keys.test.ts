/** npm run make-keys: links, CSV, and errors that say what to pass. */
import { spawnSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const PROGRAM = resolve(import.meta.dirname, '../../scripts/make-keys.ts')
const SECRET = Buffer.alloc(32, 7)
const SIGNING_KEYS = `today:${SECRET.toString('base64url')}`
const EXPIRES = new Date(Date.now() + 86_400_000).toISOString()
const folder = mkdtempSync(join(tmpdir(), 'keys-'))

function run(args: readonly string[], keys: string | null = SIGNING_KEYS, input = '') {
  const env = { ...process.env, ...(keys === null ? {} : { SIGNING_KEYS: keys }) }
  if (keys === null) delete env.SIGNING_KEYS
  return spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8', env, cwd: folder, input })
}

const order = (...more: string[]) => ['--room', 'main', '--type', 'invite', '--expires', EXPIRES, ...more]

function claimsOf(key: string) {
  const [header, payload, signature] = key.split('.') as [string, string, string]
  const derived = createHmac('sha256', SECRET).update('waiting-room access key 1').digest()
  expect(createHmac('sha256', derived).update(`${header}.${payload}`).digest('base64url')).toBe(signature)
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
}

describe('npm run make-keys', () => {
  it('prints one signed link a line', () => {
    const { status, stdout } = run(order('--count', '3', '--uses', '2', '--url', 'https://shop.example/a?b=%20c#top'))
    expect(status).toBe(0)
    const links = stdout.trim().split('\n')
    expect(links).toHaveLength(3)
    const ids = links.map((link) => {
      const [, key = ''] = /^https:\/\/shop\.example\/a\?b=%20c&wr_key=([\w.-]+)#top$/.exec(link) ?? []
      const { id, ...claims } = claimsOf(key)
      const exp = Math.ceil(Date.parse(EXPIRES) / 1000)
      expect(claims).toMatchObject({ kind: 'access-key', room: 'main', type: 'invite', uses: 2, exp })
      return id
    })
    expect(new Set(ids).size).toBe(3)
  })

  it('gives each person a key with the same hash each time, which does not contain the id', () => {
    const file = join(folder, 'people.txt')
    writeFileSync(file, 'ann@example.com\r\n\n"Smith, Jo"\n')
    const args = ['--room', 'main', '--type', 'person', '--expires', EXPIRES, '--persons', file, '--csv']
    const [header, ann = '', jo = ''] = run(args).stdout.trim().split('\n')
    expect(header).toBe('id,person,key,link')
    const [id, person, key = '', link] = ann.split(',')
    expect([person, link]).toEqual(['ann@example.com', ''])
    const claims = claimsOf(key)
    expect(claims).toMatchObject({ id, type: 'person' })
    expect(claims.person).toMatch(/^[\w-]{22}$/)
    expect(jo).toContain('"""Smith, Jo"""')
    const rotated = `new:${Buffer.alloc(32, 9).toString('base64url')},${SIGNING_KEYS}`
    const again = run([...args.slice(0, -3), '--persons', '-'], rotated, 'ann@example.com\n')
    const other = JSON.parse(Buffer.from(again.stdout.split(',')[1]?.split('.')[1] ?? '', 'base64url').toString())
    expect(other.person).toBe(claims.person)
  })

  it.each([
    [['--room', 'main'], 'Pass --room, --type and --expires.'],
    [order('--count', '0'), '--count: must be a whole number from 1 to 100000'],
    [order('--count', 'many'), '--count: must be a whole number'],
    [order('--uses', '1000001'), '--uses: must be a whole number from 1 to 1000000'],
    [order('--lane', 'gold'), '--lane: is for the type "priority" only'],
    [order('--uncounted'), '--uncounted: is for the type "skip" only'],
    [order('--url', 'shop.example'), '--url: write an address such as https://shop.example/'],
    [order('--persons', '/nowhere'), '--persons: /nowhere cannot be read'],
    [['--room', 'main', '--type', 'vip', '--expires', EXPIRES], '--type: must be one of invite, person'],
    [['--room', 'main', '--type', 'person', '--expires', EXPIRES], '--persons: are needed'],
    [
      ['--room', 'main', '--type', 'invite', '--expires', '2020-01-01T00:00:00Z'],
      '--expires: must be a time in the future',
    ],
    [['--room', 'main', '--type', 'invite', '--expires', 'tomorrow'], '--expires: write an RFC 3339 time'],
    [['--colour', 'red'], "Unknown option '--colour'"],
  ])('refuses %j, and says what to pass', (args, message) => {
    const { status, stderr, stdout } = run(args)
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain(message)
  })

  it('names a missing or weak signing key, and never shows it', () => {
    expect(run(order(), null).stderr).toContain('SIGNING_KEYS is not set')
    const weak = run(order(), 'today:c2hvcnQ')
    expect(weak.stderr).toContain('32 or more are needed')
    expect(weak.stderr).not.toContain('c2hvcnQ')
    writeFileSync(join(folder, '.dev.vars'), `SIGNING_KEYS="${SIGNING_KEYS}"\n`)
    expect(run(order(), null).status).toBe(0)
  })
})
