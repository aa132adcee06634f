/**
 * Whether what the documents point at is there: files and headings they link to, files of the project they name (`test/a.test.ts`),
 * and tests they name beside the file (`test/a.test.ts` "what it states"). With `--write` it also updates generated tables.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { checkFiguresTable } from './figures-table.ts'

const DOCUMENTS = [
  'README.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...readdirSync('docs').map((name) => `docs/${name}`),
].filter((name) => name.endsWith('.md') && existsSync(name))
const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g
const NAMED_FILE =
  /`((?:bench|demo|docs|durable-objects|public|scripts|simulation|src|test)\/[\w./-]+\.(?:ts|mjs|js|md|html))`((?:,? "[^"]+")*)/g

function* problemsOf(document: string): Iterable<string> {
  const text = readFileSync(document, 'utf8').replace(/^```[\s\S]*?^```/gm, '')
  for (const [, target = ''] of text.matchAll(LINK)) {
    if (!/^[a-z]+:/.test(target)) yield* brokenLink(document, target)
  }
  for (const [, file = '', titles = ''] of text.matchAll(NAMED_FILE)) {
    if (!existsSync(file)) yield `names ${file}, which is not there`
    else yield* missingTitles(file, titles)
  }
}

function* brokenLink(document: string, target: string): Iterable<string> {
  const [path = '', heading] = target.split('#')
  const file = path === '' ? document : normalize(join(dirname(document), path))
  if (!existsSync(file)) yield `links to ${target}, which is not there`
  else if (heading !== undefined && !headings(file).includes(heading)) yield `links to ${target}: no such heading`
}

function* missingTitles(file: string, titles: string): Iterable<string> {
  const source = readFileSync(file, 'utf8')
  for (const [, title = ''] of titles.matchAll(/"([^"]+)"/g)) {
    if (!source.includes(title)) yield `names the test "${title}", which ${file} does not have`
  }
}

/** As the anchors of rendered headings are made. */
function headings(file: string): string[] {
  const lines = readFileSync(file, 'utf8').matchAll(/^#+ +(.+)$/gm)
  return [...lines].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

const problems = [
  ...checkFiguresTable(process.argv.includes('--write')),
  ...DOCUMENTS.flatMap((document) => [...problemsOf(document)].map((problem) => `${document} ${problem}`)),
]
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
