/**
 * Checks that the targets of the documents exist: linked files and headings, files and folders of
 * the repository named as code (`test/a.test.ts`, `src/core/`), and tests named beside their file
 * (`test/a.test.ts` "title"). With `--write` it also updates generated tables.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { checkFiguresTable } from './figures-table.ts'

const DOCUMENTS = [...readdirSync('.'), ...readdirSync('docs').map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
)
const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g
const FOLDERS = readdirSync('.').filter(
  (name) => !/^\.(?!ci$)|^node_modules$/.test(name) && statSync(name).isDirectory(),
)
/**
 * With an ending, or with a slash at the end: `src/core/`. Patterns such as `public/*.min.js` are
 * not checked.
 */
const PATH = new RegExp(
  `\`((?:${FOLDERS.join('|').replaceAll('.', '\\.')})/[\\w./-]*?(?:\\.\\w+|/|/run))\`((?:,? "[^"]+")*)`,
  'g',
)

function* problemsOf(document: string): Iterable<string> {
  const text = readFileSync(document, 'utf8').replace(/^```[\s\S]*?^```/gm, '')
  for (const [, target = ''] of text.matchAll(LINK)) {
    if (!/^[a-z]+:/.test(target)) yield* brokenLink(document, target)
  }
  // Paragraphs are wrapped, so a title may contain a line break.
  for (const [, path = '', titles = ''] of text.replace(/\s+/g, ' ').matchAll(PATH)) {
    if (!existsSync(path)) yield `names ${path}, which does not exist`
    else if (titles !== '') yield* missingTitles(path, titles)
  }
}

function* brokenLink(document: string, target: string): Iterable<string> {
  const [path = '', heading] = target.split('#')
  const file = path === '' ? document : normalize(join(dirname(document), path))
  if (!existsSync(file)) yield `links to ${target}, which does not exist`
  else if (heading !== undefined && !headings(file).includes(heading)) yield `links to ${target}: no such heading`
}

function* missingTitles(file: string, titles: string): Iterable<string> {
  const source = readFileSync(file, 'utf8')
  for (const [, title = ''] of titles.matchAll(/"([^"]+)"/g)) {
    if (!source.includes(title)) yield `names the test "${title}", which ${file} does not have`
  }
}

/** The anchors of a document's headings, as GitHub renders them. */
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
