import { expect, it } from 'vitest'
import { VerifiedTokens } from '../../src/tokens/presented.ts'
import type { Token } from '../../src/tokens/token.ts'

function ticket(number: number): Token {
  return { kind: 'ticket', room: 'shop', run: 1, number, issuedSeconds: 0, seenSeconds: 0, expiresSeconds: 0 }
}

it('finds a token only by its exact text', () => {
  const tokens = new VerifiedTokens()
  tokens.add('a.b.c', ticket(1))
  expect(tokens.find('a.b.c')).toEqual(ticket(1))
  for (const text of ['a.b.C', 'a.b.c ', 'a.b', '']) expect(tokens.find(text)).toBeUndefined()
})

it('keeps tokens in use and never exceeds its bound', () => {
  const tokens = new VerifiedTokens(10)
  for (let i = 0; i < 1000; i++) {
    tokens.add(`token ${i}`, ticket(i))
    tokens.add('in use', ticket(7))
    expect(tokens.find('in use')?.number).toBe(7)
  }
  const kept = Array.from({ length: 1000 }, (_, i) => tokens.find(`token ${i}`)).filter((token) => token !== undefined)
  expect(kept.length).toBeLessThanOrEqual(10)
})
