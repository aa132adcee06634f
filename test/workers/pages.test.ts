import { describe, expect, it } from 'vitest'
import defaultTemplate from '../../public/waiting-room.html'
import { pathOfThisHost } from '../../src/http/paths.ts'
import { LANGUAGES } from '../../src/languages.ts'
import { checkPageHeaders, renderCheckPage } from '../../src/pages/check-page.ts'
import { makeLook } from '../../src/pages/looks.ts'
import {
  PLAIN_PAGE_STYLE,
  PLAIN_PAGE_STYLE_HASH,
  plainPageHeaders,
  renderPlainPage,
} from '../../src/pages/plain-page.ts'
import { PAGE_STATES, type VisitorState } from '../../src/status.ts'
import { DEFAULT_LOOK, page, ROOM, rendered, shown, status } from './support/pages.ts'

const HOSTILE = `</script><script>alert(1)</script><!--"'><img src=x onerror=alert(1)>{{nonce}}`

const policyOf = (headers: Headers) => headers.get('Content-Security-Policy')?.split('; ')

function jsonOf(html: string, id: string): Record<string, unknown> {
  const json = new RegExp(`<script type="application/json" id="${id}"[^>]*>(.*?)</script>`, 's').exec(html)?.[1]
  return JSON.parse(json ?? 'null')
}

async function hashOf(text = ''): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return `'sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}'`
}

/** As a browser that runs the watchdog sees the page. */
const withScripts = (html: string) => html.replace(/<script data-url.*?<\/template>/gs, '')

describe('the waiting page', () => {
  it('shows position, people ahead, range of the wait, ticket and progress without JavaScript', () => {
    const html = page()
    expect(shown(html, 'position')).toBe('1,234')
    expect(shown(html, 'ahead')).toBe('1,233 people ahead of you')
    expect(shown(html, 'wait')).toBe('4\u00a0to\u00a07\u00a0minutes')
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
    [300, null, null, 'about\u00a05\u00a0minutes'],
    [20, 5, 60, 'less than a minute'],
    [90, 59, 121, 'up\u00a0to\u00a03\u00a0minutes'],
    [300, 240, 401, '4\u00a0to\u00a07\u00a0minutes'],
    [9000, 7200, 10801, '2\u00a0to\u00a04\u00a0hours'],
    [7000, 3000, 9000, 'up\u00a0to\u00a03\u00a0hours'],
  ])('says a wait of %s s (%s to %s) as "%s"', (etaSeconds, etaLowSeconds, etaHighSeconds, words) => {
    expect(shown(page({ etaSeconds, etaLowSeconds, etaHighSeconds }), 'wait')).toBe(words)
  })

  it('refreshes without JavaScript, and only then', () => {
    const line = '&#x2F;__waiting-room&#x2F;line?room&#x3D;tickets&amp;return&#x3D;%2Fseats%3Frow%3D4'
    const refresh = (seconds: number) => `<meta http-equiv="refresh" content="${seconds};url=${line}"></template>`
    expect(page()).toContain(refresh(10))
    expect(page({ pollAfterSeconds: 30 })).toContain(refresh(30))
    expect(page()).toContain(`<a href="${line}">Check now</a>`)
    expect(page({ number: null, position: null })).toContain('content="10;url=&#x2F;seats?row&#x3D;4"')
    expect(withScripts(page())).not.toContain('http-equiv')
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
  ])('tells a visitor in the state %s: "%s"', (state, heading, figures, link) => {
    const html = page({ state, ...(figures ? {} : { position: null }) })
    expect(shown(html, 'heading')).toBe(heading)
    expect(shown(html, 'position', 'figures')).toBe(figures ? '1,234' : null)
    expect(shown(html, 'action', 'action-box')).toBe(link)
    expect(html).toContain(`data-state="${state}"`)
  })

  it('does not reload after the place is lost, and offers nothing to leave', () => {
    const html = page({ state: 'expired', position: null })
    expect(html).not.toContain('http-equiv')
    expect(html).toMatch(/id="leave-box" hidden/)
  })

  it('tells the visitor while the line is unreachable', () => {
    expect(shown(page({ unreachable: true }), 'note')).toContain('We cannot reach the waiting room')
    expect(shown(page(), 'note')).toBeNull()
  })

  it('promises no place to a visitor without a number', () => {
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

  it('escapes everything that comes from outside', () => {
    const quiet = page({ message: 'x' })
    const html = page({ room: HOSTILE, message: HOSTILE }, { returnUrl: `/${HOSTILE}`, host: HOSTILE, token: HOSTILE })
    const elements = (text: string) => text.match(/<[a-z!/]+/gi)
    expect(elements(html)).toEqual(elements(quiet))
    expect(html).not.toContain('nonce="')
    expect(jsonOf(html, 'visit')).toMatchObject({ token: HOSTILE, status: { room: HOSTILE, message: HOSTILE } })
  })

  it('gives its script the same texts and status', () => {
    expect(jsonOf(page(), 'visit')).toEqual({
      prefix: '/__waiting-room',
      status: status(),
      token: 'head.claims.mac',
      returnUrl: '/seats?row=4',
      note: '',
    })
    expect(jsonOf(page(), 'texts')).toMatchObject({ states: { waiting: { heading: 'You are in line' } } })
  })

  it('loads nothing from other hosts or files', () => {
    const html = page()
    // The namespace of the tab's icon is a name, not an address.
    expect(html.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|url\(|@import/)
    const addresses = [...html.matchAll(/\b(?:src|href|action)="([^"]*)"/g)].map(([, address]) => address ?? '')
    expect(addresses).toHaveLength(7)
    for (const address of addresses) expect(address).toMatch(/^(data:|(&#x2F;|\/)(?!&#x2F;|\/))/)
  })

  it('runs only the style and the script whose hashes its policy names', async () => {
    const { html, headers } = rendered()
    const inline = (name: string) =>
      [...html.matchAll(new RegExp(`<${name}(?: data-[^>]*)?>(.*?)</${name}>`, 'gs'))].map(([, text]) => text)
    expect(await Promise.all(inline('style').map(hashOf))).toEqual([DEFAULT_LOOK.styleSource])
    // The watchdog, then the page's script.
    expect((await Promise.all(inline('script').map(hashOf))).join(' ')).toBe(DEFAULT_LOOK.scriptSource)
    expect(policyOf(headers)).toEqual([
      "default-src 'none'",
      `style-src ${DEFAULT_LOOK.styleSource}`,
      `script-src ${DEFAULT_LOOK.scriptSource}`,
      "connect-src 'self'",
      'img-src data:',
      'worker-src blob:',
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ])
    // The other scripts are data.
    expect(html.match(/<(?:script|style)\b[^>]*>/g)).toEqual([
      '<style>',
      expect.stringMatching(/^<script data-url="[^"]*" data-seconds="10">$/),
      '<script type="application/json" id="texts">',
      '<script type="application/json" id="visit">',
      '<script>',
    ])
    expect(html).not.toMatch(/<[^>]*\s(?:style|on[a-z]+)=/)
  })

  it('has a policy for the accent colour of its room', async () => {
    const look = await makeLook({ ...ROOM, accent: '#a3195b' })
    const { html, headers } = rendered({}, {}, look)
    const style = /<style>(.*?)<\/style>/s.exec(html)?.[1]
    expect(style).toContain(look.colours)
    expect(policyOf(headers)).toContain(`style-src ${await hashOf(style)}`)
  })

  it('is never stored', () => {
    expect(rendered().headers.get('Cache-Control')).toBe('no-store')
  })

  it('is what Mustache renders from its template, in every state and language', () => {
    const look = { ...DEFAULT_LOOK, template: defaultTemplate }
    for (const language of LANGUAGES) {
      for (const state of PAGE_STATES) {
        const visit = { language, preview: state, notSent: state === 'waiting' }
        expect(page({}, visit)).toBe(page({}, visit, look))
      }
      expect(page({ pollAfterSeconds: 30 }, { language })).toBe(page({ pollAfterSeconds: 30 }, { language }, look))
    }
  })

  it('starts with the doctype and leaves no placeholder unfilled', () => {
    expect(page()).toMatch(/^<!doctype html>/)
    expect(withScripts(page()).replace(/<(script|style).*?<\/\1>/gs, '')).not.toMatch(/[{}]/)
  })
})

describe('a template of an operator', () => {
  it("finds Cloudflare's names beside ours", () => {
    const template =
      '{{#waitTimeKnown}}{{waitTime}} = {{waitTimeHours}} h {{waitTimeHourMinutes}}{{/waitTimeKnown}}, {{heading}}'
    const look = { ...DEFAULT_LOOK, template }
    expect(page({ etaSeconds: 8100 }, {}, look)).toBe('135 = 2 h 15, You are in line')
    expect(page({ etaSeconds: null }, {}, look)).toBe(', You are in line')
  })

  it('has a new nonce on each page, which its scripts and styles carry', async () => {
    const template = '<style>p{}</style><script>one()</script><script nonce="{{nonce}}">two()</script>'
    const look = await makeLook(ROOM, { template, logo: null })
    const nonces = [rendered({}, {}, look), rendered({}, {}, look)].map(({ html, headers }) => {
      const nonce = /script-src 'nonce-([^']+)'/.exec(headers.get('Content-Security-Policy') ?? '')?.[1]
      expect(html.match(/nonce="[^"]*"/g)).toEqual(new Array(3).fill(`nonce="${nonce}"`))
      return nonce
    })
    expect(new Set(nonces).size).toBe(2)
  })
})

describe('a path of this host', () => {
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
  it('escapes its texts', () => {
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

  it('refreshes after the given time', () => {
    expect(renderPlainPage({ title: 'a', text: 'b', refreshSeconds: 15 })).toContain(
      '<meta http-equiv="refresh" content="15">',
    )
  })

  it('has only the style whose hash its policy names', async () => {
    expect(`'${PLAIN_PAGE_STYLE_HASH}'`).toBe(await hashOf(PLAIN_PAGE_STYLE))
    expect(renderPlainPage({ title: 'a', text: 'b' })).toContain(`<style>${PLAIN_PAGE_STYLE}</style>`)
    expect(plainPageHeaders()['Content-Security-Policy']).toContain(`style-src '${PLAIN_PAGE_STYLE_HASH}'`)
  })

  it('may be framed only where necessary', () => {
    expect(plainPageHeaders()['Content-Security-Policy']).toContain("frame-ancestors 'none'")
    expect(plainPageHeaders({ framed: true })['Content-Security-Policy']).not.toContain('frame-ancestors')
  })
})

describe('the page of the check before joining', () => {
  const view = {
    language: 'zh-Hans',
    action: '/__waiting-room/join-check?room=shop&return=%2F"><script>',
    turnstile: { siteKey: '0x4AAA"', mode: 'visible_managed' },
    work: null,
    mayContinue: true,
    isAutomatic: true,
  } as const

  it('runs only the script whose hash its policy names, apart from Turnstile', async () => {
    const scripts = [...renderCheckPage(view).matchAll(/<script[^>]*>(.*?)<\/script>/gs)]
    const [code = '', turnstile] = scripts.map(([, text]) => text)
    expect(turnstile).toBe('')
    expect(scripts[1]?.[0]).toContain('src="https:&#x2F;&#x2F;challenges.cloudflare.com&#x2F;')
    const policy = (await checkPageHeaders(view))['Content-Security-Policy']
    expect(policy).toContain(`script-src ${await hashOf(code)} https://challenges.cloudflare.com;`)
    expect(policy).toContain(`style-src '${PLAIN_PAGE_STYLE_HASH}'`)
    expect(policy).not.toContain('worker-src')
  })

  it('is in the language of the visitor, the widget included', () => {
    for (const language of LANGUAGES) {
      const html = renderCheckPage({ ...view, language })
      expect(html).toContain(`<html lang="${language}"`)
      expect(html).toContain('JavaScript')
    }
    expect(renderCheckPage(view)).toContain('data-language="zh-cn"')
  })

  it('with a proof of work alone allows its worker and no other host', async () => {
    const worked = { ...view, turnstile: null, work: { id: 'one', bits: 16, text: 'signed' } }
    const html = renderCheckPage(worked)
    const [script, ...others] = [...html.matchAll(/<script[^>]*>(.*?)<\/script>/gs)]
    expect(others).toEqual([])
    const policy = (await checkPageHeaders(worked))['Content-Security-Policy']
    expect(policy).toContain(`script-src ${await hashOf(script?.[1] ?? '')}; worker-src blob:;`)
    expect(`${html}${policy}`).not.toContain('challenges.cloudflare.com')
    expect(html).toContain('data-id="one" data-bits="16"')
    expect(html).toMatch(/<form[^>]* id="slow">.*name="challenge" value="signed".*name="slow" value="true"/s)
  })

  it('escapes the address to return to and the key', () => {
    const html = renderCheckPage(view)
    expect(html).toContain('&quot;&gt;&lt;script&gt;"')
    expect(html).toContain('data-key="0x4AAA&quot;"')
  })
})
