import { describe, expect, it } from 'vitest'
import { isPage, readableForm, requestKind } from '../../src/http/request-kind.ts'

type Fields = Record<string, string>

const request = (headers: Fields, method = 'GET') => new Request('http://x/', { method, headers })
const kind = (headers: Fields, method = 'GET') => requestKind(request(headers, method))
const navigation = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document', Accept: 'text/html,*/*;q=0.8' }
const script = { 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty', Accept: 'application/json' }
const XHR = { 'X-Requested-With': 'XMLHttpRequest' }
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }

describe('the kind of a request with Sec-Fetch-*', () => {
  it.each<[string, Fields, string]>([
    ['a browser that opens a page', navigation, 'page'],
    ['a page that a service worker fetches', { ...navigation, 'Sec-Fetch-Dest': 'empty' }, 'page'],
    ['a navigation that names an image alone', { ...navigation, Accept: 'image/webp' }, 'page'],
    ['a navigation that prefers JSON', { ...navigation, Accept: 'application/json' }, 'json'],
    ['a page in a frame', { ...navigation, 'Sec-Fetch-Dest': 'iframe' }, 'frame'],
    ['an image in a page', { 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' }, 'subresource'],
    ['an object in a page', { ...navigation, 'Sec-Fetch-Dest': 'object' }, 'subresource'],
    ['a WebSocket', { 'Sec-Fetch-Mode': 'websocket', 'Sec-Fetch-Dest': 'empty', Upgrade: 'websocket' }, 'other'],
    ['a script that fetches JSON', script, 'fetch'],
    ['a script that fetches a feed', { ...script, Accept: 'application/rss+xml' }, 'fetch'],
    ['a prefetch', { ...navigation, 'Sec-Purpose': 'prefetch' }, 'other'],
    ['a prerender', { ...navigation, 'Sec-Purpose': 'prefetch;prerender' }, 'other'],
  ])('%s', (_, headers, expected) => {
    expect(kind(headers)).toBe(expected)
  })
})

describe('the kind of a request without Sec-Fetch-*', () => {
  it.each([
    // No specific type.
    [null, 'page'],
    ['', 'page'],
    ['*/*', 'page'],
    ['*/*;q=0.1', 'page'],
    ['*', 'page'],
    // HTML named.
    ['text/html', 'page'],
    ['TEXT/HTML;level=1', 'page'],
    ['application/xhtml+xml', 'page'],
    ['text/*', 'page'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8', 'page'],
    ['text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2', 'page'],
    // HTML and JSON named.
    ['application/json, text/html', 'page'],
    ['application/json;q=0.7, application/xhtml+xml;q=0.7', 'page'],
    ['application/vnd.api+json, text/*', 'page'],
    ['application/json;q=0.5, text/*', 'page'],
    ['text/html;q=0.5, application/json', 'json'],
    ['text/*;q=0.2, application/json;q=0.3', 'json'],
    ['text/html;q=0, text/*, application/json;q=0.1', 'json'],
    ['text/html, application/json;q=0', 'page'],
    // JSON named.
    ['application/json', 'json'],
    ['application/json; charset=utf-8', 'json'],
    ['application/json;charset="utf-8";q=0.5', 'json'],
    ['application/json;version=2', 'json'],
    ['Application/JSON', 'json'],
    ['application/vnd.api+json', 'json'],
    ['application/hal+json', 'json'],
    ['application/problem+json', 'json'],
    ['application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', 'json'],
    ['application/vnd.github.v3+json, */*', 'json'],
    ['application/*', 'json'],
    ['application/json, text/plain, */*', 'json'],
    ['application/json, text/javascript, */*; q=0.01', 'json'],
    // Resources that pages load by themselves.
    ['image/webp,*/*', 'subresource'],
    ['image/avif,image/webp,*/*;q=0.8', 'subresource'],
    ['image/webp,image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5', 'subresource'],
    ['image/*', 'subresource'],
    ['text/css,*/*;q=0.1', 'subresource'],
    ['video/webm,video/ogg,video/*;q=0.9,application/ogg;q=0.7,audio/*;q=0.6,*/*;q=0.5', 'subresource'],
    ['application/font-woff2;q=1.0,application/font-woff;q=0.9,*/*;q=0.8', 'subresource'],
    ['text/javascript, application/javascript, application/x-javascript, */*', 'subresource'],
    // Other media types.
    ['application/rss+xml', 'program'],
    ['application/rss+xml, application/atom+xml;q=0.9, */*;q=0.1', 'program'],
    ['application/atom+xml, application/rss+xml, text/xml;q=0.8, text/html;q=0.7, */*;q=0.1', 'program'],
    ['application/xml, application/json;q=0.1', 'program'],
    ['application/xml,application/xhtml+xml,text/html;q=0.9,image/png,*/*;q=0.5', 'page'],
    ['image/gif, image/pjpeg, application/x-ms-application, application/xaml+xml, */*', 'page'],
    ['text/calendar', 'program'],
    ['application/pdf', 'program'],
    ['text/plain', 'program'],
    ['text/html;q=0, */*', 'program'],
    ['*/*;q=0', 'program'],
    ['image/webp;q=0, */*', 'program'],
    // No valid media ranges.
    ['nonsense', 'program'],
    [',;=,"', 'program'],
    ['application/', 'program'],
    ['json', 'program'],
  ])('Accept: %s', (accept, expected) => {
    expect(kind(accept === null ? {} : { Accept: accept })).toBe(expected)
  })

  it('follows Accept for a client that sends only the mode', () => {
    expect(kind({ Accept: 'application/json', 'Sec-Fetch-Mode': 'cors' })).toBe('json')
  })

  it.each<[string, Fields, string]>([
    ['a script that asks for anything', { ...XHR, Accept: '*/*' }, 'fetch'],
    ['a script that asks for HTML', { ...XHR, Accept: 'text/html, */*; q=0.01' }, 'fetch'],
    ['a script without an Accept header', { ...XHR }, 'fetch'],
    ['a script by another spelling', { 'X-Requested-With': 'xmlhttprequest', Accept: '*/*' }, 'fetch'],
    ['a script that asks for JSON', { ...XHR, Accept: 'application/json' }, 'json'],
    ['a page in an Android WebView', { 'X-Requested-With': 'com.example.shop', Accept: 'text/html' }, 'page'],
  ])('%s', (_, headers, expected) => {
    expect(kind(headers)).toBe(expected)
  })
})

describe('the kind of a request with another method', () => {
  it.each<[string, string, Fields, string]>([
    ['a form of a browser', 'POST', navigation, 'form'],
    ['a form that a service worker passes on', 'POST', { ...navigation, 'Sec-Fetch-Dest': 'empty' }, 'form'],
    ['a form in a frame', 'POST', { ...navigation, 'Sec-Fetch-Dest': 'iframe' }, 'frame'],
    ['a form of an older browser', 'POST', { ...FORM, Accept: 'text/html,*/*;q=0.8' }, 'form'],
    ['a file', 'POST', { 'Content-Type': 'multipart/form-data; boundary=x', Accept: 'text/html' }, 'form'],
    ['a form of a program', 'POST', { ...FORM, Accept: '*/*' }, 'fetch'],
    ['a form that asks for JSON', 'POST', { ...FORM, Accept: 'application/json, text/html;q=0.5' }, 'fetch'],
    ['a form that a script sends', 'POST', { ...FORM, ...XHR, Accept: 'text/html' }, 'fetch'],
    ['JSON that asks for HTML', 'POST', { 'Content-Type': 'application/json', Accept: 'text/html' }, 'fetch'],
    ['a script of a page', 'POST', { ...script, ...FORM }, 'fetch'],
    ['a probe of a browser', 'HEAD', navigation, 'other'],
    ['a probe of a program', 'HEAD', { Accept: 'application/json' }, 'other'],
    ['a deletion', 'DELETE', { Accept: 'application/json' }, 'fetch'],
  ])('%s', (_, method, headers, expected) => {
    expect(kind(headers, method)).toBe(expected)
  })
})

describe('a document that a browser shows', () => {
  it.each<[string, Fields, string, boolean]>([
    ['a navigation', navigation, 'GET', true],
    ['a frame', { ...navigation, 'Sec-Fetch-Dest': 'iframe' }, 'GET', true],
    ['a prerender, which may be shown later', { ...navigation, 'Sec-Purpose': 'prefetch;prerender' }, 'GET', true],
    ['an older browser', { Accept: 'text/html' }, 'GET', true],
    ['the answer to a form', navigation, 'POST', false],
    ['a fragment for a script', { ...script, Accept: 'text/html' }, 'GET', false],
    ['a fragment for a script without Sec-Fetch-*', { ...XHR, Accept: 'text/html' }, 'GET', false],
    ['JSON for a program', { Accept: 'application/json' }, 'GET', false],
    ['an embedded object', { ...navigation, 'Sec-Fetch-Dest': 'embed' }, 'GET', false],
  ])('%s', (_, headers, method, expected) => {
    const asked = request(headers, method)
    expect(isPage(asked, requestKind(asked))).toBe(expected)
  })
})

describe('the response to a client with a ticket', () => {
  it.each([
    ['application/json; charset=utf-8', 'json'],
    ['application/vnd.api+json;version=2', 'json'],
    ['application/pdf', 'json'],
    ['application/json, text/html', 'page'],
    ['*/*', 'page'],
    ['image/*', 'page'],
  ])('Accept: %s', (accept, expected) => {
    expect(readableForm(request({ Accept: accept }, 'POST'))).toBe(expected)
  })
})
