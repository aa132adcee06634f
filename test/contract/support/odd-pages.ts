/**
 * Pages that real sites send: legal, sloppy, old and very new, in eight encodings and four content
 * codings. A seed generates them, so that a failure can be reproduced.
 */
import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { Random } from '../../../simulation/random.ts'

export interface OddPage {
  readonly name: string
  readonly contentType: string
  readonly coding: 'identity' | 'gzip' | 'br' | 'zstd'
  readonly bytes: Buffer
  /** Sizes of the chunks in bytes of the coded page. The last chunk takes the rest. */
  readonly chunks: readonly number[]
}

/** A few words of text in each encoding, with trail bytes that look like ASCII. */
const CHARSETS: Readonly<Record<string, Buffer>> = {
  'utf-8': Buffer.from('Grüße – 日本語 😀'),
  'iso-8859-1': Buffer.from([0x47, 0x72, 0xfc, 0xdf, 0x65]),
  'windows-1252': Buffer.from([0x93, 0x80, 0x94, 0x20, 0xe9]),
  shift_jis: Buffer.from([0x95, 0x5c, 0x8e, 0xa6, 0x83, 0x5b, 0x83, 0x7e]),
  'euc-jp': Buffer.from([0xa4, 0xa2, 0xa4, 0xa4, 0xb4, 0xc1]),
  gb18030: Buffer.from([0xc4, 0xe3, 0x81, 0x30, 0x81, 0x30, 0x8f, 0x5b]),
  big5: Buffer.from([0xb3, 0x5c, 0xa5, 0x5c, 0xbb, 0x5c]),
  'koi8-r': Buffer.from([0xf0, 0xd2, 0xc9, 0xd7, 0xc5, 0xd4]),
}

const CODERS = {
  identity: (bytes: Buffer) => bytes,
  gzip: (bytes: Buffer) => gzipSync(bytes),
  br: (bytes: Buffer) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  zstd: (bytes: Buffer) => zstdCompressSync(bytes),
}

const STARTS = [
  '<!doctype html><html lang="en"><head>',
  '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n<HTML><HEAD>',
  '\ufeff<!doctype html>\n<!-- </head> -->\n<html><head>',
  '<?xml version="1.0"?>\n<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml"><head>',
  '<html><head>',
  '<head>',
  '<!doctype html>',
  '',
]

const HEAD_PARTS = [
  '<title>TEXT</title>',
  '<title></head><body>TEXT</title>',
  '<meta name="description" content="</head> TEXT">',
  "<meta name=x content='<body>'>",
  '<style>a::after { content: "</head>" }</style>',
  '<script>document.write("<body></head>")</script>',
  '<script><!-- <script> </script> --></script>',
  '<template><head></head><div></template>',
  '<noscript><link rel="stylesheet" href="a.css"></noscript>',
  '<!-- <script> </head> -->',
  '<!-->',
  '<link rel="icon" href="data:,">',
  '</p></div>',
  '\n\t ',
]

const BODY_PARTS = [
  '<select><option><svg><title>TEXT</title></svg> TEXT</option></select>',
  '<frameset cols="*"><frame src="/a"></frameset><script>1</script>',
  '<table><tr><td>TEXT<td><table><tr><td>TEXT',
  '<p>TEXT<p><b><i>TEXT</b></i>',
  '<svg viewBox="0 0 1 1"><style>a{}</style><title></head></title><path d="M0 0"/></svg>',
  '<template><tr><td></template>',
  '<iframe srcdoc="<html><head></head></html>"></iframe>',
  '<math><mi>x</mi><annotation-xml encoding="text/html"><p></annotation-xml></math>',
  '<textarea></head></textarea>',
  '<plaintext></head>',
  '<script type="speculationrules">{"prerender":[]}</script>',
  '<selectlist><button></selectlist>',
  '<dialog popover>TEXT',
  '<![CDATA[ </head> ]]>',
  '< & &nbsp; &notit; \u0000TEXT',
  '</head></html><head>TEXT',
  '<x-shop><template shadowrootmode="open"><slot></slot></template>',
]

/** `count` pages. One of their codings is zstd, which no client requested. */
export function oddPages(count: number, seed: number): OddPage[] {
  const random = new Random(seed)
  const charsets = Object.keys(CHARSETS)
  const codings = Object.keys(CODERS) as (keyof typeof CODERS)[]
  return Array.from({ length: count }, (_, i) => {
    const charset = charsets[i % charsets.length] as string
    const coding = codings[Math.floor(i / charsets.length) % codings.length] as OddPage['coding']
    const some = (parts: readonly string[], max: number) =>
      Array.from({ length: random.whole(0, max) }, () => random.pick(parts)).join('')
    const start = random.pick(STARTS)
    const end = random.pick(['</head><body>', '<body>', '</head>', ''])
    const markup = `${start}${some(HEAD_PARTS, 6)}${end}${some(BODY_PARTS, 12)}${random.pick(['</body></html>', ''])}`
    const isUtf8 = charset === 'utf-8'
    const bytes = withText(isUtf8 ? markup : markup.replace('\ufeff', ''), CHARSETS[charset] as Buffer)
    const contentType = random.pick([`text/html; charset=${charset}`, `Text/HTML;charset="${charset}"`, 'text/html'])
    const coded = CODERS[coding](bytes)
    const chunks = Array.from({ length: random.whole(0, 5) }, () => random.whole(1, Math.max(2, coded.length)))
    return { name: `page ${i}, ${charset}, ${coding}, seed ${seed}`, contentType, coding, bytes, chunks }
  })
}

export function coded(page: OddPage): Buffer {
  return CODERS[page.coding](page.bytes)
}

/** The markup with its placeholders replaced by text of an encoding. */
function withText(markup: string, text: Buffer): Buffer {
  const parts = markup.split('TEXT').map((part) => Buffer.from(part))
  return Buffer.concat(parts.flatMap((part, i) => (i === 0 ? [part] : [text, part])))
}
