/** The table of docs/browsers.md, which a run of all engines writes. */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { ENGINE_NAMES, ENGINES, type EngineName } from './engines.ts'
import { JOURNEYS } from './journeys.ts'

export const ENGINES_DOCUMENT = 'docs/browsers.md'
/** The result of a journey that failed. */
export const FAILED = '**fails**'

/** Results by engine and journey. */
export type Cells = Partial<Record<EngineName, Readonly<Record<string, string>>>>

const FILE = resolve(import.meta.dirname, '../../..', ENGINES_DOCUMENT)
const TABLE = /(?<=<!-- written by npm run test:engines -- --mode write -->\n\n)[\s\S]*?(?=\n<!-- end -->)/
const ONE_WINDOW = '[one window](#one-window)'

/**
 * The engines and journeys that the document's table lacks. Versions may differ: they are those of
 * the last run that wrote the table.
 */
export function missingFromTable(): string[] {
  const [table = ''] = TABLE.exec(readFileSync(FILE, 'utf8')) ?? []
  const rows = table.split('\n').map((line) => line.split('|').map((cell) => cell.trim()))
  const heads = rows[0] ?? []
  const complete = (row: readonly string[]) =>
    row.slice(3, -1).length === JOURNEYS.length && !row.slice(3, -1).includes('')
  return [
    ...JOURNEYS.map(({ name }) => name).filter((name) => !heads.includes(name)),
    ...ENGINE_NAMES.map((name) => ENGINES[name].title).filter(
      (title) => !rows.some((row) => row[1] === title && complete(row)),
    ),
  ]
}

/** @throws Error if an engine did not play every journey */
export function writeTable(versions: Readonly<Record<string, string>>, cells: Cells): void {
  const rows = ENGINE_NAMES.map((name) => {
    const { title, singleWindow } = ENGINES[name]
    const results = JOURNEYS.map((journey) => {
      const result = journey.tabs > 1 && singleWindow === true ? ONE_WINDOW : cells[name]?.[journey.name]
      if (result === undefined)
        throw new Error(`${ENGINES_DOCUMENT} stays as it is: ${title} did not play ${journey.name}`)
      return result
    })
    return [title, versions[name] ?? '', ...results]
  })
  const heads = ['engine', 'version', ...JOURNEYS.map(({ name }) => name)]
  const lines = [heads, heads.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |\n`)
  const text = readFileSync(FILE, 'utf8')
  if (!TABLE.test(text)) throw new Error(`${ENGINES_DOCUMENT} has no place for its table`)
  writeFileSync(
    FILE,
    text.replace(TABLE, () => lines.join('')),
  )
}
