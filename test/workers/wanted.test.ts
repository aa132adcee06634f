import { describe, expect, it } from 'vitest'
import { wantedOf } from '../../src/gate/wanted.ts'

const wanted = (headers: Record<string, string>, method = 'GET') =>
  wantedOf(new Request('http://x/', { method, headers }))
const navigation = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document', Accept: 'text/html,*/*;q=0.8' }

describe('what a request wants', () => {
  it.each([
    ['a browser that opens a page', navigation, 'page'],
    ['a program that takes anything', { Accept: '*/*' }, 'page'],
    ['a program that says nothing', {}, 'page'],
    ['a program that prefers JSON', { Accept: 'application/json' }, 'json'],
    ["a program with Node's fetch", { Accept: 'application/json', 'Sec-Fetch-Mode': 'cors' }, 'json'],
    ['JSON by its q-value', { Accept: 'text/html;q=0.5, application/json' }, 'json'],
    ['HTML by its q-value', { Accept: 'application/json;q=0.5, text/*' }, 'page'],
    ['neither of the two', { Accept: 'image/png' }, 'nothing'],
    ['an image in a page', { 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' }, 'nothing'],
    [
      'a script of a page that fetches JSON',
      { 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty', Accept: 'application/json' },
      'nothing',
    ],
    ['a page that a service worker fetches', { ...navigation, 'Sec-Fetch-Dest': 'empty' }, 'page'],
    ['a page in a frame', { ...navigation, 'Sec-Fetch-Dest': 'iframe' }, 'frame'],
    ['a prefetch', { ...navigation, 'Sec-Purpose': 'prefetch' }, 'nothing'],
    ['a prerender', { ...navigation, 'Sec-Purpose': 'prefetch;prerender' }, 'nothing'],
  ])('%s', (_, headers, expected) => {
    expect(wanted(headers as unknown as Record<string, string>)).toBe(expected)
  })

  it.each(['POST', 'HEAD', 'PUT', 'DELETE'])('nothing that costs a ticket, with %s', (method) => {
    expect(wanted(navigation, method)).toBe('nothing')
  })
})
