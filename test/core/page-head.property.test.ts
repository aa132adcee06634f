/**
 * The place of a script in a page, checked with a parser that follows the HTML Standard: the script
 * must be in the head, and the rest of the document must not change.
 */
import fc from 'fast-check'
import { parse, type DefaultTreeAdapterTypes as Tree } from 'parse5'
import { expect, test } from 'vitest'
import { PageHead } from '../../src/origin/page-head.ts'

const RUNS = Number(process.env.FUZZ_RUNS ?? 3000)
const SCRIPT = '<script src="/added.js"></script>'

/** Markup that a head may contain, or that looks as if it ended one. */
const pieces = fc.constantFrom(
  ...[
    '<!doctype html>',
    '<!doctypehtml>',
    '<col>',
    '<colgroup>',
    '<html>',
    '<html lang=en>',
    '<head>',
    '</head>',
    '<body>',
    '</body>',
    '</html>',
    '<br>',
    '</br>',
  ],
  ...[
    '<title>',
    '</title>',
    '<title>a</title>',
    '<style>',
    '</style>',
    '<script>',
    '</script>',
    '<template>',
    '</template>',
  ],
  ...[
    '<noscript>',
    '</noscript>',
    '<textarea>',
    '</textarea>',
    '<meta charset=utf-8>',
    '<base href="/x">',
    '<link rel=x>',
  ],
  ...[
    '<!--',
    '-->',
    '--!>',
    '<!-->',
    '<!--->',
    '<!-- </head> -->',
    '<?xml version="1.0"?>',
    '<![CDATA[',
    ']]>',
    '<!x>',
    '</ >',
    '</>',
  ],
  ...[
    '<meta content="</head>">',
    "<meta content='",
    '<meta content="',
    '"',
    "'",
    '>',
    '<',
    '/',
    '=',
    ' ',
    '\n',
    'text',
    '&amp;',
    '\u00e9',
  ],
  ...[
    '<svg>',
    '</svg>',
    '<svg><title>',
    '<select>',
    '</select>',
    '<option>',
    '<table>',
    '<tr>',
    '<p>',
    '<frameset>',
    '<iframe>',
    '</iframe>',
  ],
  ...[
    '<iframe srcdoc="<head></head>">',
    '<xmp>',
    '</xmp>',
    '<noframes>',
    '</noframes>',
    '<plaintext>',
    '<math>',
    '<x-a>',
    '</p>',
    '</x>',
  ],
  ...[
    '<script><!-- <script>',
    '<!-- <script> </script>',
    '</SCRIPT >',
    '</scriptx>',
    '<STYLE/>',
    '<a =b>',
    '<a b=c/>',
    '<meta a=\'>\' b=">">',
  ],
)
const page = fc.oneof(
  fc.array(pieces, { maxLength: 14 }).map((parts) => parts.join('')),
  fc.array(pieces, { maxLength: 8 }).map((parts) => `\ufeff${parts.join('')}`),
  fc.array(pieces, { maxLength: 14 }).map((parts) => `<!doctype html><html><head>${parts.join('')}</head><body>`),
  fc
    .array(pieces, { maxLength: 8 })
    .map((parts) => `<!doctype html><head><template>${parts.join('')}</template></head>`),
  fc.array(pieces, { maxLength: 8 }).map((parts) => `<html><head><script>${parts.join('')}</script></head><body>`),
  fc
    .array(pieces, { maxLength: 8 })
    .map((parts) => `<head><script><!-- 1</script><script>2${parts.join('')}</script></head><body>`),
)

/**
 * The page with the script; null: it stays unchanged. `cuts`: the offsets at which chunks begin.
 */
function withScript(text: string, cuts: readonly number[] = []): string | null {
  const bytes = Buffer.from(text)
  const head = new PageHead()
  const borders = [...new Set(cuts.map((cut) => Math.min(cut, bytes.length)))].sort((a, b) => a - b)
  let from = 0
  for (const to of [...borders, bytes.length]) {
    const found = head.read(bytes.subarray(from, to))
    from = to
    if (found !== null) return 'place' in found ? inserted(bytes, found.place) : null
  }
  const found = head.end()
  return 'place' in found ? inserted(bytes, found.place) : null
}

function inserted(bytes: Buffer, place: number): string {
  return bytes.subarray(0, place) + SCRIPT + bytes.subarray(place)
}

function isAdded(node: Tree.ChildNode): boolean {
  return node.nodeName === 'script' && 'attrs' in node && node.attrs.some(({ value }) => value === '/added.js')
}

/** One line per node, with its depth. `found` collects the parents of the script. */
function outline(node: Tree.Node, found: string[], depth = 0): string[] {
  const children = 'childNodes' in node ? node.childNodes : []
  const content =
    node.nodeName === 'template' && 'content' in node ? outline(node.content as Tree.Node, found, depth + 1) : []
  const own =
    'value' in node ? node.value : 'data' in node ? node.data : 'attrs' in node ? JSON.stringify(node.attrs) : ''
  const lines = [`${depth} ${node.nodeName} ${own}`, ...content]
  let text = ''
  const flush = () => {
    if (text !== '') lines.push(`${depth + 1} #text ${text}`)
    text = ''
  }
  for (const child of children) {
    if (isAdded(child)) found.push(node.nodeName)
    else if ('value' in child && child.nodeName === '#text') text += child.value
    else {
      flush()
      lines.push(...outline(child, found, depth + 1))
    }
  }
  flush()
  return lines
}

/** Decoders remove the byte order mark before parsing. */
function decoded(text: string): string {
  return text.replace(/^\ufeff/, '')
}

test('inserts a script into the head and changes nothing else', () => {
  let placed = 0
  fc.assert(
    fc.property(page, (text) => {
      const changed = withScript(text)
      if (changed === null) return
      placed++
      const parents: string[] = []
      const after = outline(parse(decoded(changed)), parents)
      expect(parents).toEqual(['head'])
      expect(after).toEqual(outline(parse(decoded(text)), []))
    }),
    { numRuns: RUNS, seed: Number(process.env.FUZZ_SEED ?? 12) },
  )
  expect(placed).toBeGreaterThan(RUNS / 3)
})

test('finds the same place however the page is split', () => {
  fc.assert(
    fc.property(page, fc.array(fc.nat(200), { maxLength: 20 }), (text, cuts) => {
      expect(withScript(text, cuts)).toBe(withScript(text))
      expect(
        withScript(
          text,
          Array.from(text, (_, i) => i),
        ),
      ).toBe(withScript(text))
    }),
    { numRuns: Math.ceil(RUNS / 3), seed: Number(process.env.FUZZ_SEED ?? 12) },
  )
})
