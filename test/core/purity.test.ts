import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

/** A pure library: SHA-256 and HMAC. */
const LIBRARIES = ['fast-sha256']

const core = new URL('../../src/core/', import.meta.url)

it.each(readdirSync(core).filter((name) => name.endsWith('.ts')))(
  'src/core/%s has neither clock, randomness, I/O nor imports from outside',
  (name) => {
    const code = readFileSync(new URL(name, core), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
    expect(code).not.toMatch(/\b(Math\.random|Date|performance|crypto|setTimeout|setInterval|fetch|console|process)\b/)
    for (const [, from = ''] of code.matchAll(/from '([^']+)'/g)) {
      if (!LIBRARIES.includes(from)) expect(from).toMatch(/^\.\/[a-z-]+\.ts$/)
    }
  },
)
