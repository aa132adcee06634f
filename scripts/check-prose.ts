/**
 * Checks the English of documents, code comments and test titles against a list of phrases that
 * make readers stumble.
 *
 * - `node scripts/check-prose.ts` checks DOCUMENTS, and comments and test titles in CODE.
 * - `--list FILE` writes the names of the checked files to FILE, for the spelling check.
 * - `--count` prints the number of findings per folder.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

const DOCUMENTS = /^(?:[A-Z]+|(?:docs|examples)\/.+)\.md$/
/** Generated files. */
const EXCLUDED = /^(?:docs\/licences\.md|.+\.min\.(?:js|css)|public\/admin\/.+|(?:.+\/)?worker-configuration\.d\.ts)$/
const CODE = /\.(?:ts|tsx|mts|mjs|js|css|toml)$/
const COMMENT_COLUMNS_MAX = 100
const DOCUMENT_COLUMNS_MAX = 120
/** A row of a table, and a line of one word, such as a link. */
const UNWRAPPABLE = /^\s*(?:\||\S+$)/
const TITLE = /(?:\b(?:test|it|describe)(?:\.\w+)?|\))\(\s*(['"`])(.+?)\1,/g
const COMMENT_LINE = /^\s*(?:\/\/|\/\*|\*|# )/

interface Passage {
  readonly line: number
  readonly text: string
}

interface Rule {
  readonly pattern: RegExp
  readonly advice: string
}

/** Each pattern is matched against single sentences, without code, links and markup. */
const RULES: readonly Rule[] = [
  {
    pattern: /^(?:Who|Whoever|Whom)\b(?!.*\?$)/,
    advice: 'name the subject instead of opening with "who": "A visitor who ..."',
  },
  {
    pattern: /^What\b(?!.*\?$)(?=.*[.:;]$)/,
    advice: 'name the subject instead of opening with "what"',
  },
  { pattern: /[;:] (?:who|whoever)\b(?!.*\?$)/, advice: 'name the subject of the clause: "visitors who ..."' },
  { pattern: /\b(?:to|of|from|for|by|than) who\b/, advice: 'name the person: "visitors who ..."' },
  { pattern: /\bthat who\b/, advice: 'name the person: "that someone who ..."' },
  {
    pattern: /\bof (?:its|their|one's) own(?=[.,;:)]|$| (?:and|or|in|for|with|that|to|by|beside)\b)/,
    advice: 'put "own" before the noun: "its own queue"',
  },
  { pattern: /\b(?:so many|for so long)\b/, advice: 'name the number or the setting' },
  { pattern: /\b(?:as|than|what) (?:it|they) (?:is|are|was|were) (?:told|asked)\b/, advice: 'say what happens' },
  { pattern: /\bwhat is (?:asked|told|said|heard|stored|missed)\b/i, advice: 'name the thing' },
  { pattern: /\ball that\b/i, advice: 'write "everything that", or name the things' },
  { pattern: /\b(?:all the same|as ever|by way of|and the like|in the hand of)\b/i, advice: 'use a plainer phrase' },
  { pattern: /\bthe way of a\b/i, advice: 'write "flow" or "path"' },
  { pattern: /\bthat there (?:is|are)\b/, advice: 'drop the clause, or write "existing"' },
  { pattern: /\b(?:if|where|when) all\b.*\bis so\b/, advice: 'write "when all its conditions hold"' },
  { pattern: /\b(?:look|looks|looked) \w+ (?:ticket )?up\b/i, advice: 'write "find"' },
  {
    pattern: /\b(?:utilize|leverage|simply|obviously|please note)\b/i,
    advice: 'leave the word out or use a plainer one',
  },
  { pattern: /\b(?!(?:that|had) )(\w+) \1\b/i, advice: 'a word is repeated' },
]

function* findingsOf(file: string): Iterable<string> {
  const text = readFileSync(file, 'utf8')
  const passages = file.endsWith('.md') ? paragraphs(text) : [...comments(text, file), ...titles(text)]
  for (const { line, text: passage } of passages) {
    for (const sentence of passage.split(/(?<=[.?!:][)"]?) (?=[A-Z`*[])/)) {
      for (const { pattern, advice } of RULES) {
        if (pattern.test(sentence)) yield `${file}:${line} "${sentence.slice(0, 90)}": ${advice}`
      }
    }
  }
  for (const [index, line] of text.split('\n').entries()) {
    if (file.endsWith('.md')) {
      if (line.length > DOCUMENT_COLUMNS_MAX && !UNWRAPPABLE.test(line))
        yield `${file}:${index + 1} a line is wider than ${DOCUMENT_COLUMNS_MAX} columns`
      continue
    }
    const isComment = COMMENT_LINE.test(line) && !/https?:/.test(line)
    if (isComment && line.length > COMMENT_COLUMNS_MAX)
      yield `${file}:${index + 1} a comment is wider than ${COMMENT_COLUMNS_MAX} columns`
  }
}

/** The paragraphs, list items, table cells and headings of a document, each on one line. */
function* paragraphs(markdown: string): Iterable<Passage> {
  let start = 0
  let parts: string[] = []
  let fenced = false
  for (const [index, line] of `${markdown}\n`.split('\n').entries()) {
    const fence = /^\s*```/.test(line)
    const begins = fence || fenced || line.trim() === '' || /^\s*(?:[-*#>|]|\d+\.) ?/.test(line)
    if (begins && parts.length > 0) {
      yield { line: start, text: plain(parts.join(' ')) }
      parts = []
    }
    if (fence) fenced = !fenced
    else if (/^\s*\|/.test(line) && !fenced) {
      for (const cell of line.split('|')) yield { line: index + 1, text: plain(cell) }
    } else if (!fenced && line.trim() !== '') {
      if (parts.length === 0) start = index + 1
      parts.push(line.replace(/^\s*(?:[-*#>]+|\d+\.) /, '').trim())
    }
  }
}

/** Removes markup. Code and quotations become one word each, so that their sentence stays whole. */
function plain(text: string): string {
  return text
    .replace(/<[^>]+>/g, '')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/`[^`]*`/g, '`code`')
    .replace(/"[^"]*"/g, '"quote"')
    .replace(/\*\*/g, '')
    .trim()
}

/** Consecutive comment lines are one passage; so is a comment behind code. */
function* comments(code: string, file: string): Iterable<Passage> {
  const mark = file.endsWith('.toml') ? /^#+ ?(.*)$/ : /^(?:\/\/+|\/\*+|\*+)(?!\/) ?(.*?)(?:\*\/)?$/
  const behind = file.endsWith('.toml') ? /\s# (.*)$/ : /\s\/\/ (.*)$/
  let start = 0
  let parts: string[] = []
  for (const [index, line] of `${code}\n`.split('\n').entries()) {
    const [, comment] = mark.exec(line.trim()) ?? []
    const ends = comment === undefined || comment.trim() === '' || /^\s*(?:\/\*|[-@])/.test(comment)
    if (ends && parts.length > 0) {
      yield { line: start, text: plain(parts.join(' ')) }
      parts = []
    }
    if (comment !== undefined && comment.trim() !== '') {
      if (parts.length === 0) start = index + 1
      parts.push(comment.trim())
    } else {
      const [, trailing] = behind.exec(line) ?? []
      if (trailing !== undefined) yield { line: index + 1, text: plain(trailing) }
    }
  }
}

/** The titles of tests, as sentences. */
function* titles(code: string): Iterable<Passage> {
  for (const { index, 2: title = '' } of code.matchAll(TITLE)) {
    const line = code.slice(0, index).split('\n').length
    yield { line, text: plain(`${title.charAt(0).toUpperCase()}${title.slice(1).replace(/%[a-z]/g, '…')}.`) }
  }
}

const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
const isChecked = (file: string) => !EXCLUDED.test(file) && (DOCUMENTS.test(file) || CODE.test(file))
// git lists deleted files until they are staged.
const files = tracked.split('\n').filter((file) => isChecked(file) && existsSync(file))
const folderOf = (file: string) =>
  DOCUMENTS.test(file) ? 'documents' : (/^(?:src\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? 'root')

const [mode, list] = process.argv.slice(2)
if (mode === '--list' && list !== undefined) {
  mkdirSync(dirname(list), { recursive: true })
  // cspell takes relative names from the folder of the list.
  writeFileSync(list, files.map((file) => resolve(file)).join('\n'))
} else if (mode === '--count') {
  for (const [folder, members = []] of Object.entries(Object.groupBy(files, folderOf))) {
    const count = members.flatMap((file) => [...findingsOf(file)]).length
    console.log(`${String(count).padStart(5)}  ${folder}`)
  }
} else {
  const findings = files.flatMap((file) => [...findingsOf(file)])
  for (const finding of findings) console.error(finding)
  if (findings.length > 0) process.exitCode = 1
}
