/** The judgements of a rehearsal, on records that are made up. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Browser } from '../../demo/browser.ts'
import { analyse, violations } from '../../rehearsal/analysis.ts'
import { parseOptions, UsageError } from '../../rehearsal/options.ts'
import { plansOf } from '../../rehearsal/plan.ts'
import { newRecord, type VisitRecord } from '../../rehearsal/record.ts'
import { whatIf } from '../../simulation/what-if.ts'
import { Rehearsal } from '../../src/tokens/rehearsal.ts'
import { rules } from '../core/support/rules.ts'

function visitor(number: number, part: Partial<VisitRecord>): VisitRecord {
  return { ...newRecord({ patienceMs: Number.POSITIVE_INFINITY, stayMs: 0 }, 0), number, ...part }
}

describe('the order', () => {
  it('is broken when a visitor certainly waited after one with a higher number was let in', () => {
    const early = visitor(5, { admittedMs: 10_000 })
    const overtaken = visitor(4, { lastWaitingMs: 16_001, admittedMs: 20_000 })
    expect(violations([overtaken, early])).toEqual([{ number: 4, overtakenBy: 5 }])
  })

  it.each([
    ['the poll was answered from a snapshot of before', { lastWaitingMs: 16_000 }],
    ['the visitor took another number meanwhile', { lastWaitingMs: 60_000, hasChangedNumber: true }],
    ['the visitor was let in at once', { lastWaitingMs: null }],
  ])('is not broken when %s', (_, part) => {
    expect(violations([visitor(4, part), visitor(5, { admittedMs: 10_000 })])).toEqual([])
  })
})

describe('the analysis', () => {
  it('compares shown ranges with waits, and counts errors and leavers', () => {
    const shown = { atMs: 1_000, lowSeconds: 5, highSeconds: 10 }
    const records = [
      visitor(1, { admittedMs: 9_000, estimates: [shown], outcome: 'served', requests: 3, siteMs: [20] }),
      visitor(2, { admittedMs: 14_000, estimates: [shown], outcome: 'served', requests: 5 }),
      visitor(3, { leftMs: 4_000, outcome: 'gave-up', requests: 2, errors: new Map([['status 500', 1]]) }),
    ]
    expect(analyse(records)).toMatchObject({
      outcomes: { served: 2, 'gave-up': 1 },
      estimates: { shown: 2, insideShare: 0.5, missSeconds: { max: 3 } },
      leaversWaits: { count: 1, p50: 4 },
      requests: 10,
      errors: { 'status 500': 1 },
      errorShare: 0.1,
      siteMs: { count: 1, p50: 20 },
    })
  })
})

it('reads the number from the cookie of its room, not of one whose name begins alike', async () => {
  const server = createServer((_, response) => {
    response.setHeader('Set-Cookie', [
      'waiting-room-sale=own',
      '__Host-waiting-room-sale=bound',
      'waiting-room-sale-2=other',
    ])
    response.end()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const browser = new Browser(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  try {
    await browser.navigate('/')
    expect(browser.cookiesNamed('waiting-room-sale')).toEqual(['own', 'bound'])
  } finally {
    browser.close()
    server.close()
  }
})

describe('the options', () => {
  const url = ['--url', 'https://staging.example.com/']

  it.each([
    [['--visitors', '0'], '--visitors'],
    [['--visitors', '2001'], '--visitors'],
    [['--patience', '9-3'], '--patience'],
    [['--minutes', '61'], '--minutes'],
    [['--browsers', '11'], '--browsers'],
    [['--colour', 'red'], 'colour'],
  ])('%j are refused by name', (args, name) => {
    expect(() => parseOptions([...url, ...args])).toThrow(UsageError)
    expect(() => parseOptions([...url, ...args])).toThrow(name)
  })

  it('give the same plan for the same seed, with patience and stays in their ranges', () => {
    const args = [
      ...url,
      '--visitors',
      '50',
      '--arrivals',
      'ramp',
      '--over',
      '100',
      '--patience',
      '5-9',
      '--stay',
      '1-2',
    ]
    const plans = plansOf(parseOptions(args))
    expect(plans).toEqual(plansOf(parseOptions(args)))
    expect(plans.map(({ arrivesMs }) => arrivesMs)).toEqual(plans.map((_, i) => i * 2_000))
    for (const { patienceMs, stayMs } of plans) {
      expect([patienceMs >= 5_000 && patienceMs <= 9_000, stayMs >= 1_000 && stayMs <= 2_000]).toEqual([true, true])
    }
  })

  it('read arrivals from a file of seconds or of times', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'arrivals-')), 'arrivals.csv')
    const arrivals = () => plansOf(parseOptions([...url, '--arrivals', file])).map(({ arrivesMs }) => arrivesMs)
    writeFileSync(file, 'second,name\n3,b\n0.5,a\n')
    expect(arrivals()).toEqual([500, 3_000])
    writeFileSync(file, '2026-11-27T10:00:05Z\n2026-11-27T10:00:00Z\n')
    expect(arrivals()).toEqual([0, 5_000])
    writeFileSync(file, 'nothing\n')
    expect(arrivals).toThrow('has 0 arrivals')
  })
})

describe('other capacities', () => {
  const crowd = Array.from({ length: 100 }, (_, i) => ({ seconds: i / 10, patienceSeconds: 60, staySeconds: 20 }))
  const at = (capacity: number) => whatIf(rules({ capacity, ratePerMinute: 100_000 }), crowd)

  it('shorten waits and keep more visitors, until nobody waits', () => {
    const [small, larger, enough] = [at(10), at(30), at(100)]
    expect([small.served + small.gaveUp, larger.gaveUp, enough.longestLine]).toEqual([100, 0, 0])
    expect(small.gaveUp).toBeGreaterThan(0)
    expect(small.waitSecondsP90).toBeGreaterThan(larger.waitSecondsP90)
    expect(enough).toMatchObject({ waitSecondsP90: 0, served: 100 })
  })
})

describe('the proofs', () => {
  it('hold for their nonce, host and room, and for visitors until they end', async () => {
    const [own, other] = [await Rehearsal.of('x'.repeat(32)), await Rehearsal.of('y'.repeat(32))]
    const proof = await own.proof('nonce', 'host', 'room')
    expect(await own.isProof(proof, 'nonce', 'host', 'room')).toBe(true)
    for (const [nonce, host, room] of [
      ['other', 'host', 'room'],
      ['nonce', 'other', 'room'],
      ['nonce', 'host', 'other'],
    ] as const)
      expect(await own.isProof(proof, nonce, host, room)).toBe(false)
    expect(await other.isProof(proof, 'nonce', 'host', 'room')).toBe(false)
    const header = await own.visitorHeader('room', 100)
    expect(await own.isVisitor(header, 'room', 99_999)).toBe(true)
    expect(await own.isVisitor(header, 'room', 100_000)).toBe(false)
    expect(await own.isVisitor(header, 'other', 0)).toBe(false)
    expect(await other.isVisitor(header, 'room', 0)).toBe(false)
    expect(await own.isVisitor(header.replace('100.', '200.'), 'room', 0)).toBe(false)
    for (const text of [null, '', proof, '100.', `${'9'.repeat(30)}.${proof}`])
      expect(await own.isVisitor(text, 'room', 0)).toBe(false)
  })
})
