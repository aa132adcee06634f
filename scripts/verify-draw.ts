/**
 * npm run verify-draw -- FILE [--entry N]: checks published draws (the answer of
 * /__waiting-room/draw), and prints the rank of an entry or a summary. Exit status 1 if anything
 * does not match. Makes no network calls.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type PublishedDraw, parseDraws, problemsOf, VerifyError } from './verify-draw/draws.ts'
import { entryLine, summary } from './verify-draw/report.ts'

const HELP = `npm run --silent verify-draw -- FILE [--entry N] [--commitment HEX]
  FILE              the JSON answer of /__waiting-room/draw; "-": standard input
  --entry N         print the rank of this entry number; without it, a summary of each draw
  --commitment HEX  the commitment that the waiting page showed before the draw
docs/draw.md describes the draw and what else you can check.`

interface Options {
  readonly file: string
  readonly entry: number | undefined
  readonly commitment: string | undefined
}

function readOptions(): Options | null {
  const options = {
    entry: { type: 'string' },
    commitment: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  if (values.help) return null
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0) throw new VerifyError(`Pass one file.\n${HELP}`)
  if (values.entry !== undefined && !/^\d{1,10}$/.test(values.entry)) {
    throw new VerifyError('--entry: write the number of the entry, such as 5210')
  }
  const commitment = values.commitment?.toLowerCase()
  if (commitment !== undefined && !/^[0-9a-f]{64}$/.test(commitment)) {
    throw new VerifyError('--commitment: write the 64 hex digits that the waiting page showed')
  }
  return { file, entry: values.entry === undefined ? undefined : Number(values.entry), commitment }
}

function textOf(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new VerifyError(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}

function verify({ file, entry, commitment }: Options): void {
  const draws = parseDraws(textOf(file)).filter((draw) => isAskedFor(draw, entry))
  if (draws.length === 0) throw new VerifyError(`No draw in ${file} has an entry ${entry}.`)
  const problems = draws.flatMap(problemsOf)
  if (commitment !== undefined && !draws.some((draw) => draw.commitment === commitment)) {
    problems.push('No draw has the commitment that you passed: the secret was exchanged after it was shown.')
  }
  if (problems.length > 0) throw new VerifyError(problems.join('\n'))
  console.log(draws.map((draw) => (entry === undefined ? summary(draw) : entryLine(draw, entry))).join('\n'))
}

function isAskedFor({ first, end }: PublishedDraw, entry: number | undefined): boolean {
  return entry === undefined || (first <= entry && entry < end)
}

try {
  const options = readOptions()
  if (options === null) console.log(HELP)
  else verify(options)
} catch (error) {
  const usage = error instanceof TypeError && 'code' in error
  if (!(error instanceof VerifyError) && !usage) throw error
  console.error(usage ? `${(error as Error).message}\n${HELP}` : (error as Error).message)
  process.exitCode = 1
}
