import { describe, expect, it } from 'vitest'
import { pathOfThisHost } from '../../src/http/paths.ts'
import { DEFAULT_LOOK } from '../../src/pages/look.ts'
import {
  PLAIN_PAGE_STYLE,
  PLAIN_PAGE_STYLE_HASH,
  plainPageHeaders,
  renderPlainPage,
} from '../../src/pages/plain-page.ts'
import { renderWaitingPage, type WaitingView, waitingPageHeaders } from '../../src/pages/waiting-page.ts'
import type { Status, VisitorState } from '../../src/status.ts'

const HOSTILE = `</script><script>alert(1)</script><!--"'><img src=x onerror=alert(1)>{{nonce}}`

function status(changes: Partial<Status> = {}): Status {
  return {
    state: 'waiting',
    room: 'tickets',
    number: 5012,
    position: 1234,
    waiting: 4321,
    etaSeconds: 300,
    etaLowSeconds: 240,
    etaHighSeconds: 401,
    joinedAt: '2026-11-02T13:58:00.000Z',
    startPosition: 2468,
    placeKeptSeconds: 320,
    unreachable: false,
    pollAfterSeconds: 5,
    message: null,
    updatedAt: '2026-11-02T14:03:12.345Z',
    ...changes,
  }
}

function page(changes: Partial<Status> = {}, view: Partial<WaitingView> = {}): string {
  const rendered = renderWaitingPage({
    status: status(changes),
    nonce: 'n0nce',
    token: 'head.claims.mac',
    returnUrl: '/seats?row=4',
    host: 'shop.example',
    language: 'en',
    ...view,
  })
  return new TextDecoder().decode(rendered)
}

/** Text of the element with this id; null where it, or the element around it, is hidden. */
function shown(html: string, id: string, boxId = id): string | null {
  const isHidden = new RegExp(`<[^>]* id="${boxId}"[^>]* hidden[ >]`).test(html)
  return isHidden ? null : (new RegExp(`<[^>]* id="${id}"[^>]*>([^<]*)<`).exec(html)?.[1] ?? null)
}

function jsonOf(html: string, id: string): Record<string, unknown> {
  const json = new RegExp(`<script type="application/json" id="${id}"[^>]*>(.*?)</script>`, 's').exec(html)?.[1]
  return JSON.parse(json ?? 'null')
}

const withoutNoScript = (html: string) => html.replace(/<noscript>.*?<\/noscript>/gs, '')

describe('the waiting page', () => {
  it('shows position, people ahead, range of the wait, ticket and progress without JavaScript', () => {
    const html = page()
    expect(shown(html, 'position')).toBe('1,234')
    expect(shown(html, 'ahead')).toBe('1,233 people ahead of you')
    expect(shown(html, 'wait')).toBe('4 to 7 minutes')
    expect(shown(html, 'inLine')).toBe('4,321 people in line')
    expect(shown(html, 'ticket')).toBe('5,012')
    expect(html).toContain('max="100" value="50"')
    expect(html).toContain('<title>#1,234 in line</title>')
    expect(shown(html, 'updated')).toMatch(/^Updated at 2:03:12\sPM UTC$/)
    expect(shown(html, 'joined')).toMatch(/^You joined at 1:58\sPM\sUTC$/)
    expect(html).toContain('shop.example')
  })

  it('tells the clock time of admission, in the time zone of the visitor where it is known', () => {
    expect(shown(page(), 'clock')).toMatch(/^between \d+:\d\d\s[AP]M\sUTC and \d+:\d\d\s[AP]M\sUTC$/)
    expect(shown(page({}, { timeZone: 'Asia/Seoul' }), 'clock')).not.toContain('UTC')
    expect(shown(page({}, { timeZone: 'Asia/Seoul' }), 'updated')).toMatch(/^Updated at 11:03:12\sPM$/)
    expect(shown(page({ etaSeconds: null, etaLowSeconds: null, etaHighSeconds: null }), 'clock')).toBeNull()
  })

  it.each([
    [null, null, null, 'not known yet'],
    [300, null, null, 'about 5 minutes'],
    [20, 5, 60, 'less than a minute'],
    [90, 59, 121, 'up to 3 minutes'],
    [300, 240, 401, '4 to 7 minutes'],
    [9000, 7200, 10801, '2 to 4 hours'],
    [7000, 3000, 9000, 'up to 3 hours'],
  ])('says a wait of %s s (%s to %s) as "%s"', (etaSeconds, etaLowSeconds, etaHighSeconds, words) => {
    expect(shown(page({ etaSeconds, etaLowSeconds, etaHighSeconds }), 'wait')).toBe(words)
  })

  it('refreshes without JavaScript, and only then', () => {
    const line = '&#x2F;__waiting-room&#x2F;line?room&#x3D;tickets&amp;return&#x3D;%2Fseats%3Frow%3D4'
    const refresh = (seconds: number) =>
      `<noscript><meta http-equiv="refresh" content="${seconds};url=${line}"></noscript>`
    expect(page()).toContain(refresh(10))
    expect(page({ pollAfterSeconds: 30 })).toContain(refresh(30))
    expect(page()).toContain(`<a href="${line}">Check now</a>`)
    expect(page({ number: null, position: null })).toContain('content="10;url=&#x2F;seats?row&#x3D;4"')
    expect(withoutNoScript(page())).not.toContain('http-equiv')
  })

  it('lets a visitor without JavaScript leave, and asks once', () => {
    const form = /<summary[^>]*>Leave the line<\/summary>(.*?)<\/details>/s.exec(page())?.[1] ?? ''
    expect(form).toContain('method="post" action="&#x2F;__waiting-room&#x2F;leave?room&#x3D;tickets&amp;return&#x3D;')
    expect(form).toContain('<input type="hidden" name="final" value="true">')
    expect(form).toContain('Yes, give up my place')
  })

  it.each<[VisitorState, string, boolean, string | null]>([
    ['waiting', 'You are in line', true, null],
    ['paused', 'The line is paused', true, null],
    ['full', 'The line is full', false, null],
    ['closed', 'The line is closed', false, null],
    ['expired', 'Your place in line is gone', false, 'Join the line again'],
    ['admitted', 'It is your turn', false, 'Continue'],
  ])('tells who is %s: "%s"', (state, heading, figures, link) => {
    const html = page({ state, ...(figures ? {} : { position: null }) })
    expect(shown(html, 'heading')).toBe(heading)
    expect(shown(html, 'position', 'figures')).toBe(figures ? '1,234' : null)
    expect(shown(html, 'action', 'action-box')).toBe(link)
    expect(html).toContain(`data-state="${state}"`)
  })

  it('does not join again by itself once the place is gone, and has nothing left to leave', () => {
    const html = page({ state: 'expired', position: null })
    expect(html).not.toContain('http-equiv')
    expect(html).toMatch(/id="leave-box" hidden/)
  })

  it('says so while the line is out of reach', () => {
    expect(shown(page({ unreachable: true }), 'note')).toContain('We cannot reach the waiting room')
    expect(shown(page(), 'note')).toBeNull()
  })

  it('promises no place to who has no number yet', () => {
    const html = page({ number: null, position: null })
    expect(shown(html, 'heading')).toBe('One moment, please')
    expect(shown(html, 'position', 'figures')).toBeNull()
    expect(html).toMatch(/id="leave-box" hidden/)
  })

  it('shows the message as plain text, and no empty box', () => {
    expect(shown(page({ message: 'Doors open at <b>8</b>' }), 'message', 'message-box')).toBe(
      'Doors open at &lt;b&gt;8&lt;&#x2F;b&gt;',
    )
    expect(shown(page(), 'message', 'message-box')).toBeNull()
  })

  it('lets nothing that comes from outside break out of its place', () => {
    const quiet = page({ message: 'x' })
    const html = page({ room: HOSTILE, message: HOSTILE }, { returnUrl: `/${HOSTILE}`, host: HOSTILE, token: HOSTILE })
    const elements = (text: string) => text.match(/<[a-z!/]+/gi)
    expect(elements(html)).toEqual(elements(quiet))
    expect(html.match(/\bnonce="/g)).toHaveLength(4)
    expect(jsonOf(html, 'visit')).toMatchObject({ token: HOSTILE, status: { room: HOSTILE, message: HOSTILE } })
  })

  it('hands its script the same texts and status', () => {
    expect(jsonOf(page(), 'visit')).toEqual({
      status: status(),
      token: 'head.claims.mac',
      returnUrl: '/seats?row=4',
      lang: 'en',
      note: '',
    })
    expect(jsonOf(page(), 'texts')).toMatchObject({ states: { waiting: { heading: 'You are in line' } } })
  })

  it('asks nothing of any other host or file', () => {
    const html = page()
    // The namespace of the tab's icon is a name, not an address.
    expect(html.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|url\(|@import/)
    const addresses = [...html.matchAll(/\b(?:src|href|action)="([^"]*)"/g)].map(([, address]) => address ?? '')
    expect(addresses).toHaveLength(5)
    for (const address of addresses) expect(address).toMatch(/^(data:|(&#x2F;|\/)(?!&#x2F;|\/))/)
  })

  it('has the nonce on every script and style, and no inline style or handler', () => {
    const html = page()
    const inline = html.match(/<(?:script|style)\b[^>]*>/g) ?? []
    expect(inline).toHaveLength(4)
    for (const tag of inline) expect(tag).toContain('nonce="n0nce"')
    expect(html).not.toMatch(/<[^>]*\s(?:style|on[a-z]+)=/)
  })

  it('is fenced in by its policy', () => {
    const headers = waitingPageHeaders('n0nce')
    const policy = headers['Content-Security-Policy']?.split('; ')
    expect(policy).toEqual(
      expect.arrayContaining(["default-src 'none'", "script-src 'nonce-n0nce'", "style-src 'nonce-n0nce'"]),
    )
    expect(policy).toEqual(expect.arrayContaining(["connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]))
    expect(headers['Cache-Control']).toBe('no-store')
  })

  it('starts with the doctype and leaves no placeholder unfilled', () => {
    expect(page()).toMatch(/^<!doctype html>/)
    expect(withoutNoScript(page()).replace(/<(script|style).*?<\/\1>/gs, '')).not.toMatch(/[{}]/)
  })

  it("offers Cloudflare's names to templates that replace this one, and keeps its own", () => {
    const template =
      '{{#waitTimeKnown}}{{waitTime}} = {{waitTimeHours}} h {{waitTimeHourMinutes}}{{/waitTimeKnown}}, {{heading}}'
    const look = { ...DEFAULT_LOOK, template }
    expect(page({ etaSeconds: 8100 }, { look })).toBe('135 = 2 h 15, You are in line')
    expect(page({ etaSeconds: null }, { look })).toBe(', You are in line')
  })
})

describe('the way back', () => {
  it.each([
    ['/seats?row=4', '/seats?row=4'],
    ['//evil.example/', '/.//evil.example/'],
    ['/\\evil.example/', '/./\\evil.example/'],
    ['/\t/evil.example/', '/.//evil.example/'],
    ['https://evil.example/', '/'],
    ['javascript:alert(1)', '/'],
    ['@evil.example', '/'],
    ['', '/'],
  ])('%j becomes %j and stays on this host', (url, path) => {
    expect(pathOfThisHost(url)).toBe(path)
    expect(new URL(path, 'https://shop.example').host).toBe('shop.example')
  })
})

describe('a plain page', () => {
  it('says what it is told, escaped', () => {
    const html = renderPlainPage({
      title: HOSTILE,
      text: HOSTILE,
      link: { href: HOSTILE, label: HOSTILE },
    })
    expect(html.match(/<(?:script|img|!--)/g)).toBeNull()
    expect(html).toContain('href="&#x2F;"')
    expect(html).not.toContain('target=')
    expect(html).not.toContain('http-equiv')
  })

  it('leads out of a frame, to a page of its host or an http address only', () => {
    const link = (href: string) => renderPlainPage({ title: 'a', text: 'b', link: { href, label: 'Open', top: true } })
    expect(link('https://shop.example/a')).toContain(
      '<a href="https:&#x2F;&#x2F;shop.example&#x2F;a" target="_top">Open</a>',
    )
    expect(link('javascript:alert(1)')).toContain('href="&#x2F;"')
    expect(link('//evil.example')).toContain('href="&#x2F;.&#x2F;&#x2F;evil.example"')
  })

  it('refreshes when asked to', () => {
    expect(renderPlainPage({ title: 'a', text: 'b', refreshSeconds: 15 })).toContain(
      '<meta http-equiv="refresh" content="15">',
    )
  })

  it('is styled by the one style its policy names', async () => {
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(PLAIN_PAGE_STYLE))
    expect(PLAIN_PAGE_STYLE_HASH).toBe(`sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}`)
    expect(renderPlainPage({ title: 'a', text: 'b' })).toContain(`<style>${PLAIN_PAGE_STYLE}</style>`)
    expect(plainPageHeaders()['Content-Security-Policy']).toContain(`style-src '${PLAIN_PAGE_STYLE_HASH}'`)
  })

  it('may be framed only where it must be', () => {
    expect(plainPageHeaders()['Content-Security-Policy']).toContain("frame-ancestors 'none'")
    expect(plainPageHeaders({ framed: true })['Content-Security-Policy']).not.toContain('frame-ancestors')
  })
})
