/**
 * The program that checks a published draw, and the independent ones of examples/ and docs/draw.md.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseDraws, VerifyError } from '../../scripts/verify-draw/draws.ts'
import { drawSeed } from '../../src/core/draw.ts'
import { COMMITMENT, DRAW_VECTORS } from '../core/support/draw-vectors.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const OURS = resolve(ROOT, 'scripts/verify-draw.ts')
const INDEPENDENT = resolve(ROOT, 'examples/verify-draw.mjs')
const BEACON = {
  url: 'https://api.drand.sh',
  hash: '52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971',
  round: 7,
}

/** The vectors as published draws, one per event. */
const DRAWS = DRAW_VECTORS.map(({ input, seed }, i) => ({
  event: `event-${i}`,
  ...input,
  commitment: COMMITMENT,
  seed,
  beacon: input.randomness === null ? null : BEACON,
  frozenAtMs: 1_700_000_000_000,
  drawnAtMs: 1_700_000_004_000,
  ahead: 0,
}))
const [PLAIN, WITH_BEACON] = DRAWS as [(typeof DRAWS)[0], (typeof DRAWS)[0]]

function run(program: string, content: unknown, ...args: string[]) {
  const file = join(mkdtempSync(join(tmpdir(), 'draw-')), 'draw.json')
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, file, ...args], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

describe('npm run verify-draw', () => {
  it('prints a summary of each draw that matches', () => {
    const { status, stdout, stderr } = run(OURS, [PLAIN, WITH_BEACON])
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(stdout).toBe(`event-0, run 1: 10 entries, numbers 1 to 10
  entries frozen at 2023-11-14T22:13:20.000Z
  commitment ${COMMITMENT} matches the secret
  seed ${PLAIN.seed} matches secret, run, bounds and randomness
  without public randomness: the secret alone decided
  first by rank: 1, 3, 8, 7, 4, 6, 5, 2, 10, 9
event-1, run 1: 10 entries, numbers 1 to 10
  entries frozen at 2023-11-14T22:13:20.000Z
  commitment ${COMMITMENT} matches the secret
  seed ${WITH_BEACON.seed} matches secret, run, bounds and randomness
  randomness ${WITH_BEACON.randomness}
  compare it with https://api.drand.sh/${BEACON.hash}/public/7
  first by rank: 1, 10, 8, 3, 2, 7, 6, 9, 4, 5
`)
  })

  it.each(DRAWS.map((draw, i) => [draw.event, draw, DRAW_VECTORS[i]?.ranks] as const))(
    'prints the rank of an entry of %s',
    (event, draw, ranks = []) => {
      const [entry, rank] = ranks.at(-1) ?? [0, 0]
      const { status, stdout } = run(OURS, draw, '--entry', String(entry))
      const size = draw.end - draw.first
      expect(stdout).toBe(
        `${event}, run ${draw.run}: entry ${entry} has rank ${rank + 1} of ${size}, line number ${draw.first + rank}\n`,
      )
      expect(status).toBe(0)
    },
  )

  it('takes one draw, a list, or a list under "draws", with times as text', () => {
    const { frozenAtMs, ...draw } = { ...PLAIN, frozenAt: '2023-11-14T23:13:20+01:00' }
    const outputs = [draw, [draw], { room: 'shop', draws: [draw] }].map((content) => run(OURS, content).stdout)
    expect(new Set(outputs).size).toBe(1)
    expect(outputs[0]).toContain('entries frozen at 2023-11-14T22:13:20.000Z')
  })

  it('says that the beacon could not be read, and that a draw had no entries', () => {
    expect(run(OURS, { ...PLAIN, beacon: BEACON }).stdout).toContain('the beacon could not be read in time')
    const empty = { ...PLAIN, end: 1, seed: drawSeed({ ...PLAIN, end: 1 }) }
    expect(run(OURS, empty).stdout).toContain('event-0, run 1: no entries')
  })

  it.each([
    ['commitment', { commitment: 'f'.repeat(64) }, /the commitment is f{64}, but the secret has the SHA-256 630dcd/],
    ['secret', { secret: 'f'.repeat(64) }, /the commitment is .*\n.*the seed is/],
    ['run', { run: 2 }, /the seed is 317b5f.*, but secret, run, bounds and randomness give [0-9a-f]{64}/],
    ['number of entries', { end: 12 }, /the seed is/],
    ['randomness', { randomness: 'f'.repeat(64) }, /the seed is .*\n.*has no beacon/],
  ])('fails if the %s was exchanged', (_, change, message) => {
    const { status, stdout, stderr } = run(OURS, [{ ...PLAIN, ...change }])
    expect(stderr).toMatch(message)
    expect(stdout).toBe('')
    expect(status).toBe(1)
  })

  it('compares the commitment with the one that was shown before the draw', () => {
    expect(run(OURS, PLAIN, '--entry', '3', '--commitment', COMMITMENT.toUpperCase()).status).toBe(0)
    const { status, stderr } = run(OURS, PLAIN, '--commitment', 'e'.repeat(64))
    expect(stderr).toMatch(/No draw has the commitment/)
    expect(status).toBe(1)
  })

  it.each([
    ['{', /not JSON/],
    ['[]', /no draws/],
    ['null', /not a published draw/],
    [{ ...PLAIN, secret: null }, /has not been made yet/],
    [{ ...PLAIN, secret: 'abc' }, /secret: must be 64 lower-case hex digits/],
    [{ ...PLAIN, end: 0 }, /end is below its first entry/],
    [{ ...PLAIN, first: 0.5 }, /first: must be a whole number/],
    [{ ...PLAIN, end: 2 ** 31 }, /end: must be at most 2147483647/],
    [{ ...PLAIN, frozenAt: 'noon' }, /frozenAt: must be a time/],
  ])('refuses a file that has no published draw: %j', (content, message) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content)
    expect(() => parseDraws(text)).toThrow(VerifyError)
    expect(() => parseDraws(text)).toThrow(message)
  })

  it('says what is wrong with a file, without a stack', () => {
    expect(run(OURS, '[]')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'The file has no draws. A draw is published after the start of its event.\n',
    })
  })

  it.each([
    [['--entry', '11'], /has an entry 11/],
    [['--entry', '-1'], /--entry/],
    [['--entry', 'x'], /--entry: write the number/],
    [['--commitment', 'x'], /--commitment: write the 64 hex digits/],
    [['--nope'], /--nope/],
    [['more.json'], /Pass one file/],
  ])('refuses the arguments %j', (args, message) => {
    const { status, stderr } = run(OURS, PLAIN, ...args)
    expect(stderr).toMatch(message)
    expect(status).toBe(1)
  })

  it('names a file that cannot be read, and prints help', () => {
    const missing = spawnSync(process.execPath, [OURS, '/nowhere/draw.json'], { encoding: 'utf8' })
    expect(missing).toMatchObject({ status: 1, stderr: '/nowhere/draw.json cannot be read: ENOENT\n' })
    const help = spawnSync(process.execPath, [OURS, '--help'], { encoding: 'utf8' })
    expect(help.stdout).toMatch(/--entry N/)
    expect(help.status).toBe(0)
  })
})

describe('examples/verify-draw.mjs', () => {
  it('shares no code with the room', () => {
    const imports = [...readFileSync(INDEPENDENT, 'utf8').matchAll(/from '([^']+)'/g)].map(([, from]) => from)
    expect(imports).toEqual(['node:crypto', 'node:fs'])
  })

  it.each(DRAW_VECTORS.map((vector, i) => [DRAWS[i]?.event, vector, i] as const))(
    'computes the same rank of an entry of %s',
    (_, { input, ranks }, i) => {
      const [entry, rank] = ranks.at(-1) ?? [0, 0]
      const { status, stdout } = run(INDEPENDENT, { draws: [DRAWS[i]] }, String(entry), COMMITMENT)
      expect(stdout).toBe(`entry ${entry}: rank ${rank + 1} of ${input.end - input.first}\n`)
      expect(status).toBe(0)
    },
  )

  it('fails if the secret is not the one that the lobby committed to', () => {
    const { status, stderr } = run(INDEPENDENT, PLAIN, '1', 'e'.repeat(64))
    expect(stderr).toMatch(/does not match the commitment/)
    expect(status).toBe(1)
    expect(run(INDEPENDENT, [{ ...PLAIN, commitment: 'e'.repeat(64) }], '1').status).toBe(1)
    expect(run(INDEPENDENT, PLAIN, '11').stderr).toMatch(/no draw has an entry 11/)
  })
})

const python = spawnSync('python3', ['-c', 'import hmac; hmac.digest']).status === 0

// Skipped, visibly, on a machine without Python 3.7 or newer.
it.skipIf(!python)('computes the vectors with the Python code of docs/draw.md', () => {
  const document = readFileSync(resolve(ROOT, 'docs/draw.md'), 'utf8')
  const code = /^```python\n([\s\S]*?)^```/m.exec(document)?.[1] ?? ''
  const main = `
import json, sys
for draw in json.load(sys.stdin):
    secret, run, first, end, randomness, entry = draw
    seed = seed_of(secret, run, first, end, randomness)
    print(commitment_of(secret), seed.hex(), rank_of(seed, first, end, entry))
`
  const draws = DRAW_VECTORS.map(({ input, seed, ranks }) => ({ input, seed, last: ranks.at(-1) ?? [0, 0] }))
  const stdin = draws.map(({ input: { secret, run, first, end, randomness }, last: [entry] }) => {
    return [secret, run, first, end, randomness, entry]
  })
  const { stdout } = spawnSync('python3', ['-c', code + main], { input: JSON.stringify(stdin), encoding: 'utf8' })
  expect(stdout.trim().split('\n')).toEqual(draws.map(({ seed, last: [, rank] }) => `${COMMITMENT} ${seed} ${rank}`))
})
