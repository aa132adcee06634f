/**
 * The work for a hostile head, in characters that the scanner looks at. Counts them where they are
 * looked at (patterns, searches, slices), so that no clock is involved.
 */
import { describe, expect, it } from 'vitest'
import { PAGE_HEAD_MAX_BYTES } from '../../src/limits.ts'
import { PageHead } from '../../src/origin/page-head.ts'

const PACKET_BYTES = 1460

/** The characters that patterns, searches and slices look at while a function runs. */
function visitsOf(read: () => void): number {
  const { exec } = RegExp.prototype
  const { indexOf, slice } = String.prototype
  let visits = 0
  RegExp.prototype.exec = function (text) {
    const from = this.global || this.sticky ? this.lastIndex : 0
    const found = exec.call(this, text)
    const failedAt = this.sticky ? from : text.length
    visits += (found === null ? failedAt : found.index + found[0].length) - from
    return found
  }
  String.prototype.indexOf = function (mark, from = 0) {
    const at = indexOf.call(this, mark, from)
    visits += (at < 0 ? this.length : at + mark.length) - from
    return at
  }
  String.prototype.slice = function (...range) {
    const part = slice.call(this, ...range)
    visits += part.length
    return part
  }
  try {
    read()
  } finally {
    RegExp.prototype.exec = exec
    Object.assign(String.prototype, { indexOf, slice })
  }
  return visits
}

/** Visits per byte of a head that consists of one piece, repeated. */
function visitsPerByte([opening, piece]: Hostile, bytes: number, chunkBytes: number): number {
  const page = Buffer.from(`<!doctype html><head>${opening}${piece.repeat(bytes)}`).subarray(0, bytes)
  const head = new PageHead()
  const visits = visitsOf(() => {
    for (let from = 0; from < bytes; from += chunkBytes) {
      if (head.read(page.subarray(from, from + chunkBytes)) !== null) return
    }
  })
  return visits / bytes
}

/** The piece repeats after the opening. */
type Hostile = readonly [opening: string, piece: string]

const HOSTILE: readonly Hostile[] = [
  ['', '<!--'],
  ['<!--', '-'],
  ['<!--', '--!'],
  ['<!x', 'a'],
  ['', '<!'],
  ['', '</ >'],
  ['', ' \n'],
  ['', '<meta a="b">'],
  ['', '<!---->'],
  ['<', 'a'],
  ['<meta ', 'a'],
  ['<meta ', ' '],
  ['<meta ', '/'],
  ['<meta ', '='],
  ['<meta a=', 'a'],
  [`<meta ${'a'.repeat(8_000)}="`, '>'],
  ['<meta ', 'a '],
  ['<meta ', 'a=b '],
  ['<meta a="', 'a'],
  ['<meta ', `a="'`],
  ['<meta ', `a='`],
  ['<title>', '<'],
  ['<title>', '</titl'],
  ['<style>', '</'],
  ['<script>', '</scrip'],
  ['<script>', '<!--'],
  ['<script><!--', '<script '],
  ['<script><!--', '-->'],
  ['<template>', '<'],
  ['', '<template>'],
]

describe.each(HOSTILE)('a head of "%s" and endless "%s"', (...hostile) => {
  it.each([
    [PAGE_HEAD_MAX_BYTES, PAGE_HEAD_MAX_BYTES],
    [PAGE_HEAD_MAX_BYTES, PACKET_BYTES],
    [PAGE_HEAD_MAX_BYTES / 4, 1],
  ])('is read in linear time: %i bytes in chunks of %i', (bytes, chunkBytes) => {
    const visits = visitsPerByte(hostile, bytes, chunkBytes)
    // Nothing was skipped.
    expect(visits).toBeGreaterThan(0.9)
    expect(visits).toBeLessThanOrEqual(1.5 * Math.max(visitsPerByte(hostile, bytes / 4, chunkBytes), 1))
    expect(visits).toBeLessThan(16)
  })
})
