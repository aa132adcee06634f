/**
 * The scripts that visitors' browsers load parse in the oldest browsers that they support: Chrome
 * 64, Firefox 67 and Safari 12. These know ECMAScript 2018, but for parts of regular expressions.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { type ecmaVersion, type Options, parse, tokenizer } from 'acorn'
import { describe, expect, it } from 'vitest'

const PUBLIC = new URL('../../public/', import.meta.url)
const FLOOR = 2018
const SCRIPTS = readdirSync(PUBLIC).filter((name) => name.endsWith('.min.js'))

const source = (name: string) => readFileSync(new URL(name, PUBLIC), 'utf8')
const parses = (name: string, version: ecmaVersion) => () => parse(source(name), options(version))
const options = (ecmaVersion: ecmaVersion): Options => ({ ecmaVersion, sourceType: 'script' })

it('finds the scripts', () => {
  expect(SCRIPTS).toEqual(['check.min.js', 'heartbeat.min.js', 'waiting-room.min.js', 'watchdog.min.js'])
})

describe.each(SCRIPTS)('%s', (name) => {
  it('parses in the oldest supported browsers', () => {
    expect(parses(name, FLOOR)).not.toThrow()
    for (const { type, start, end } of tokenizer(source(name), options(FLOOR))) {
      // Firefox 67 knows neither lookbehind, named groups, the flag s nor Unicode properties.
      if (type.label === 'regexp') expect(source(name).slice(start, end)).not.toMatch(/\(\?<|\\[pP]\{|\/\w*s\w*$/)
    }
  })
})

it('the watchdog parses in every browser', () => {
  expect(parses('watchdog.min.js', 5)).not.toThrow()
})
