/** `npm run rehearse` against the local stack: it runs only where it may, and its figures hold. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { parseOptions, UsageError } from '../../rehearsal/options.ts'
import { provenTarget } from '../../rehearsal/target.ts'
import { room, useStage } from './support/stage.ts'
import { CURL } from './support/visitor.ts'
import { ADMIN_TOKEN } from './support/worker-config.ts'

const TOKEN = 'a-rehearsal-token-of-the-contract-tests'
const VISITORS = 300
/** The pinned one, as in npm scripts. */
const NODE = resolve('node_modules/.bin/node')

const stage = useStage([room('any', 60, { host: undefined, check_interval_seconds: 5 })], {
  secrets: { REHEARSAL_TOKEN: TOKEN },
})

interface Run {
  readonly code: number | null
  readonly output: string
}

function rehearse(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Run> {
  const child = spawn(NODE, ['rehearsal/main.ts', ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  return new Promise((done) => child.once('close', (code) => done({ code, output })))
}

const url = () => `http://127.0.0.1:${stage.workerd.port}/echo`

describe('a rehearsal', () => {
  test(`of ${VISITORS} visitors reports what the room itself reports`, async () => {
    const folder = mkdtempSync(`${inject('scratch')}/rehearsal-`)
    const crowd = ['--visitors', String(VISITORS), '--stay', '1-3', '--patience', '4-20', '--over', '4']
    const env = { REHEARSAL_TOKEN: TOKEN, ADMIN_TOKEN }
    const { code, output } = await rehearse(['--url', url(), ...crowd, '--report', folder], env)
    expect([code, output]).toEqual([0, expect.stringContaining('Report: ')])
    const { analysis, room: own, whatIf } = JSON.parse(readFileSync(`${folder}/report.json`, 'utf8'))
    expect(analysis).toMatchObject({
      visitors: VISITORS,
      joined: VISITORS,
      violations: [],
      changedNumber: 0,
      errors: {},
    })
    const { served, 'gave-up': gaveUp = 0, ...others } = analysis.outcomes
    expect([served + gaveUp, others]).toEqual([VISITORS, {}])
    expect(served).toBeGreaterThan(60)
    expect(own.report.totals).toMatchObject({ joined: VISITORS, left: VISITORS })
    expect(
      own.comparisons.map(({ clients, room: known }: { clients: number; room: number }) => clients - known),
    ).toEqual([0, 0, 0, 0])
    expect(own.report.peakActive).toBe(60)
    // More places shorten the waits.
    const waits = whatIf.map(({ waitSecondsP90 }: { waitSecondsP90: number }) => waitSecondsP90)
    expect(waits).toEqual([...waits].sort((a, b) => b - a))
    const markdown = readFileSync(`${folder}/report.md`, 'utf8')
    for (const part of ['**Passed.**', '## Order', '## At other capacities']) expect(markdown).toContain(part)
    expect(readFileSync(`${folder}/people.svg`, 'utf8')).toContain('</svg>')
  })

  test.each([
    ['with another token', `${TOKEN}!`, 'does not prove that it allows rehearsals'],
    ['with a short token', 'short', '32 are needed'],
  ])('sends no visitor %s', async (_, token, message) => {
    const proven = provenTarget(parseOptions(['--url', url()]), token)
    await expect(proven).rejects.toThrow(UsageError)
    await expect(proven).rejects.toThrow(message)
  })

  test('ends with 2 without a token, before any visitor comes', async () => {
    const before = stage.origin.requests.length
    const { code, output } = await rehearse(['--url', url(), '--visitors', '5'], {})
    expect([code, output]).toEqual([2, expect.stringContaining('REHEARSAL_TOKEN is not set')])
    expect(stage.origin.requests.length).toBe(before)
  })
})

describe('a room', () => {
  test('proves that it knows the token only for a nonce of an allowed length', async () => {
    const visitor = stage.visitor('any', CURL)
    const reply = await visitor.get(`/__waiting-room/rehearsal?room=any&nonce=${'n'.repeat(32)}`)
    expect([reply.status, reply.json()]).toEqual([200, { room: 'any', proof: expect.stringMatching(/^[\w-]{43}$/) }])
    expect((await visitor.get('/__waiting-room/rehearsal?room=any&nonce=short')).status).toBe(400)
  })

  test('without the secret has no such path, and hides the header of visitors from the site', async () => {
    await stage.workerd.restart({ secrets: {} })
    const visitor = stage.visitor('any', { ...CURL, 'Waiting-Room-Rehearsal': '9999999999.x' })
    const reply = await visitor.get(`/__waiting-room/rehearsal?room=any&nonce=${'n'.repeat(32)}`)
    expect(reply.status).toBe(404)
    const page = await visitor.get('/echo')
    expect([page.status, page.text.toLowerCase().includes('waiting-room-rehearsal')]).toEqual([200, false])
  })
})
