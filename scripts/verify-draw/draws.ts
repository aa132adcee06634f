/** Reads published draws and recomputes them. */
import * as v from 'valibot'
import { commitmentOf, drawSeed } from '../../src/core/draw.ts'
import { MAX_NUMBER } from '../../src/core/limits.ts'

/** The file cannot be used, or a draw in it does not match. */
export class VerifyError extends Error {}

const whole = v.pipe(
  v.number('must be a number'),
  v.safeInteger('must be a whole number'),
  v.minValue(0, 'must be 0 or more'),
)
const number = v.pipe(whole, v.maxValue(MAX_NUMBER, `must be at most ${MAX_NUMBER}`))
const hex = v.pipe(v.string('must be text'), v.regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits'))
const time = v.optional(
  v.pipe(
    v.union([v.number(), v.string()], 'must be a time'),
    v.check((value) => Number.isFinite(new Date(value).getTime()), 'must be a time'),
  ),
)

const drawSchema = v.pipe(
  v.object({
    event: v.string('must be text'),
    // A time in milliseconds, mostly.
    run: whole,
    first: number,
    end: number,
    commitment: hex,
    secret: hex,
    beacon: v.nullish(v.object({ url: v.string(), hash: v.string(), round: v.number() }, 'must be a beacon or null')),
    randomness: v.nullable(hex),
    seed: hex,
    frozenAtMs: time,
    frozenAt: time,
  }),
  v.check(({ first, end }) => first <= end, 'its end is below its first entry'),
)

export type PublishedDraw = v.InferOutput<typeof drawSchema>

/** One draw, a list, or an object with the list under `draws`. */
export function parseDraws(text: string): PublishedDraw[] {
  const published = parseJson(text)
  const inside =
    typeof published === 'object' && published !== null && 'draws' in published ? published.draws : published
  const list = Array.isArray(inside) ? inside : [inside]
  if (list.length === 0)
    throw new VerifyError('The file has no draws. A draw is published after the start of its event.')
  return list.map(parseDraw)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new VerifyError(`The file is not JSON: ${(error as Error).message}`)
  }
}

function parseDraw(draw: unknown, index: number): PublishedDraw {
  const { success, issues, output } = v.safeParse(drawSchema, draw)
  if (success) return output
  if (typeof draw === 'object' && draw !== null && 'secret' in draw && draw.secret === null) {
    throw new VerifyError(`Draw ${index + 1} has no secret: it has not been made yet.`)
  }
  const problems = issues.map((issue) => `${v.getDotPath(issue) ?? 'draw'}: ${issue.message}`)
  throw new VerifyError(`Draw ${index + 1} of the file is not a published draw.\n  ${problems.join('\n  ')}`)
}

/** Everything that does not match its recomputed value. */
export function problemsOf(draw: PublishedDraw): string[] {
  const name = `Draw of ${draw.event}, run ${draw.run}`
  const commitment = commitmentOf(draw.secret)
  const seed = drawSeed(draw)
  const problems: string[] = []
  if (commitment !== draw.commitment) {
    problems.push(`${name}: the commitment is ${draw.commitment}, but the secret has the SHA-256 ${commitment}.`)
  }
  if (seed !== draw.seed) {
    problems.push(`${name}: the seed is ${draw.seed}, but secret, run, bounds and randomness give ${seed}.`)
  }
  if (draw.randomness !== null && !draw.beacon)
    problems.push(`${name}: the randomness has no beacon that it came from.`)
  return problems
}
