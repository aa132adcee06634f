import { describe, expect, it } from 'vitest'
import { receiverFingerprint } from '../../../src/alerts/ledger.ts'
import { type ChannelContext, parseChannels, parsePushUrl, parseReceiverUrl } from '../../../src/settings/channels.ts'
import { parseSigningSecrets } from '../../../src/settings/signing-secrets.ts'
import { NEW_SECRET, OLD_SECRET, webhookTo } from './support.ts'

const production = { allowLoopback: false, allowPrivate: false }
const variables: Record<string, unknown> = {
  SLACK_URL: 'https://hooks.slack.example.com/services/hidden-part-of-the-url',
  BROKEN_URL: 'hidden-part-of-the-url',
}

function context(changes: Partial<ChannelContext> = {}): ChannelContext {
  const { secrets } = parseSigningSecrets(`ops:${NEW_SECRET},ops:${OLD_SECRET},stats-push:${NEW_SECRET}`)
  return { secrets, variable: (name) => variables[name], addresses: production, ...changes }
}

const ops = { name: 'ops', type: 'webhook', url: 'https://hooks.example.com/alerts' }
const slack = { name: 'team', type: 'slack', url_from: 'SLACK_URL' }
const mail = { name: 'duty', type: 'email', from: 'room@example.com', to: 'duty@example.org' }

function problems(...channels: unknown[]): readonly string[] {
  return parseChannels(channels, context()).problems
}

describe('alert channels', () => {
  it('are webhooks with their secrets, Slack by a secret URL, or mail', () => {
    expect(parseChannels([ops, slack, mail], context()).channels).toEqual([
      { ...ops, secrets: [NEW_SECRET, OLD_SECRET] },
      { name: 'team', type: 'slack', url: variables.SLACK_URL },
      mail,
    ])
  })

  it('may be JSON text and are optional', () => {
    expect(parseChannels(JSON.stringify([ops]), context()).channels).toHaveLength(1)
    for (const nothing of [undefined, '', []]) expect(parseChannels(nothing, context()).channels).toEqual([])
  })

  it('report every problem at once, each with its key', () => {
    const bad = { name: 'Ops!', type: 'email', from: 'room at example.com', url: 'https://a.example.com' }
    expect(problems(ops, bad, 'text', { name: 'a', type: 'sms' }, { type: 'slack' })).toEqual([
      'ALERT_CHANNELS[1].url: there is no such setting',
      'ALERT_CHANNELS[1].name: must be 1 to 32 of a-z, 0-9 and "-"',
      'ALERT_CHANNELS[1].from: must be a mail address such as "alerts@example.com"',
      'ALERT_CHANNELS[1].to: is missing',
      'ALERT_CHANNELS[2]: must be a table',
      'ALERT_CHANNELS[3].type: must be one of webhook, slack, email',
      'ALERT_CHANNELS[4].name: is missing',
    ])
  })

  it.each([
    ['both url and url_from', { ...ops, url_from: 'SLACK_URL' }, '.url: exactly one'],
    ['neither url nor url_from', { name: 'ops', type: 'webhook' }, '.url: exactly one'],
    [
      'a secret variable that is not set',
      { ...slack, url_from: 'OTHER' },
      '.url_from: there is no secret variable OTHER',
    ],
    ['a secret variable without a URL', { ...slack, url_from: 'BROKEN_URL' }, '.url_from: must be an https:// URL'],
    ['a variable name of another form', { ...slack, url_from: 'slack url' }, '.url_from: must be the name'],
    ['a webhook that nothing signs', { ...ops, name: 'unsigned' }, '.name: needs a signing secret'],
    ['the name of the push of figures', { ...ops, name: 'stats-push' }, '.name: is reserved'],
    [
      'an address with a line break',
      { ...mail, to: 'duty@example.org\r\nBcc: all@example.org' },
      '.to: must be a mail',
    ],
    ['a list of addresses', { ...mail, to: 'a@example.org,b@example.org' }, '.to: must be a mail'],
  ])('refuse %s', (_, channel, problem) => {
    expect(problems(channel)).toEqual([expect.stringContaining(`ALERT_CHANNELS[0]${problem}`)])
  })

  it('refuse duplicate names, more than 20 channels, too many bytes and a value that is not a list', () => {
    expect(problems(mail, { ...slack, name: 'duty' })).toEqual([expect.stringContaining('ALERT_CHANNELS[1].name')])
    const many = (count: number, pad = '') =>
      Array.from({ length: count }, (_, i) => ({ ...mail, name: `duty-${i}`, to: `${pad}duty@example.org` }))
    expect(problems(...many(20))).toEqual([])
    expect(problems(...many(21))).toEqual(['ALERT_CHANNELS: 21 channels, 20 at most'])
    expect(problems(...many(20, 'x'.repeat(200)))).toEqual([
      expect.stringMatching(/is \d+ bytes, 5120 at most. Keep long addresses/),
    ])
    for (const value of ['not JSON', '{}', 7, {}]) expect(parseChannels(value, context()).problems).toHaveLength(1)
  })

  it('never reveal a URL in a problem', () => {
    const urls = ['http://hidden.example.com/hidden', 'https://hidden:hidden@example.com', 'https://10.0.0.1/hidden']
    expect(JSON.stringify(urls.map((url) => problems({ ...ops, url })))).not.toContain('hidden')
    expect(JSON.stringify(problems({ ...slack, url_from: 'BROKEN_URL' }))).not.toContain('hidden')
  })
})

describe("a receiver's URL", () => {
  const accepted = (url: unknown, rules = production) => parseReceiverUrl(url, rules).url !== null

  it.each([
    'https://hooks.example.com/a?b=c',
    'https://hooks.example.com:8443/',
    'https://8.8.8.8/',
    'https://172.32.0.1/',
    'https://[2606:4700::1111]/',
    'https://internal.example.com/',
    'https://localhost.example.com/',
  ])('may be %s', (url) => {
    expect(accepted(url)).toBe(true)
  })

  it.each([
    // Schemes and shapes
    'http://hooks.example.com/',
    'ftp://hooks.example.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'hooks.example.com',
    '//hooks.example.com',
    'https://',
    'https://user@hooks.example.com/',
    'https://user:password@hooks.example.com/',
    `https://hooks.example.com/${'x'.repeat(2_000)}`,
    '',
    null,
    7,
    // This machine
    'https://localhost/',
    'https://LOCALHOST./',
    'https://a.localhost/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://127.255.255.254/',
    'https://１２７.0.0.1/',
    'https://[::1]/',
    'https://[0:0:0:0:0:0:0:1]/',
    // Private, link-local, metadata, reserved
    'https://0.0.0.0/',
    'https://10.1.2.3/',
    'https://100.64.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://172.16.0.1/',
    'https://172.31.255.255/',
    'https://192.168.1.1/',
    'https://192.0.2.1/',
    'https://198.18.0.1/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://[::]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[::ffff:a9fe:a9fe]/',
    'https://[::127.0.0.1]/',
    'https://[64:ff9b::10.0.0.1]/',
    'https://[2002:7f00:1::]/',
    'https://[2001:0:7f00:1::]/',
    'https://[2001:db8::1]/',
    'https://[fe80::1]/',
    'https://[fd00:ec2::254]/',
    'https://[fc00::1]/',
    'https://[ff02::1]/',
    // Names that are not public
    'https://metadata.google.internal/',
    'https://metadata.google.internal./',
    'https://printer.local/',
    'https://router.home.arpa/',
    'https://db.corp/',
    'https://backend/',
    'https://backend:8443/',
  ])('must not be %s', (url) => {
    expect(accepted(url)).toBe(false)
  })

  it.each(['http://localhost:8080/', 'http://127.0.0.1:8080/', 'http://[::1]:8080/', 'https://localhost/'])(
    'may be %s only where loopback is allowed',
    (url) => {
      expect(accepted(url, { allowLoopback: true, allowPrivate: false })).toBe(true)
      expect(accepted(url, { allowLoopback: false, allowPrivate: true })).toBe(false)
    },
  )

  it.each(['192.168.1.1', '[fd00::1]', 'printer.local'])('may be on %s in development, over https only', (host) => {
    const development = { allowLoopback: true, allowPrivate: true }
    expect(accepted(`https://${host}/`, development)).toBe(true)
    expect(accepted(`http://${host}/`, development)).toBe(false)
    expect(accepted(`https://${host}/`, { allowLoopback: true, allowPrivate: false })).toBe(false)
  })
})

describe('a push of figures', () => {
  it('follows the rules of webhooks and is signed with its own secret', () => {
    expect(parsePushUrl('https://hooks.example.com/stats', context()).channel).toEqual({
      name: 'stats-push',
      type: 'webhook',
      url: 'https://hooks.example.com/stats',
      secrets: [NEW_SECRET],
    })
    expect(parsePushUrl('https://10.0.0.1/', context()).problem).toContain('private')
    expect(parsePushUrl('https://hooks.example.com/', context({ secrets: new Map() })).problem).toContain(
      'needs a signing secret',
    )
  })
})

describe('signing secrets', () => {
  it('are grouped by channel, newest first', () => {
    const { secrets, problems } = parseSigningSecrets(` a:${NEW_SECRET} , b:${OLD_SECRET},a:${OLD_SECRET}\n`)
    expect(problems).toEqual([])
    expect([...secrets]).toEqual([
      ['a', [NEW_SECRET, OLD_SECRET]],
      ['b', [OLD_SECRET]],
    ])
  })

  it('are optional', () => {
    for (const value of [undefined, '', ' '])
      expect(parseSigningSecrets(value)).toEqual({ secrets: new Map(), problems: [] })
  })

  it.each([
    ['too short', `ops:whsec_${btoa('x'.repeat(23))}`, 'entry 1 (ops): has 23 bytes, 24 to 64 are needed'],
    ['too long', `ops:whsec_${btoa('x'.repeat(65))}`, 'entry 1 (ops): has 65 bytes, 24 to 64 are needed'],
    ['no base64', 'ops:whsec_hidden-hidden-hidden-hidden-hid', 'entry 1: is not "channel:whsec_base64"'],
    ['base64 cut off', `ops:${NEW_SECRET.slice(0, -2)}`, 'entry 1 (ops): is not "channel:whsec_base64"'],
    ['without channel', NEW_SECRET, 'entry 1: is not "channel:whsec_base64"'],
    ['without prefix', `ops:${NEW_SECRET.slice('whsec_'.length)}`, 'entry 1: is not "channel:whsec_base64"'],
    [
      'a fifth for one channel',
      Array.from({ length: 5 }, () => `ops:${NEW_SECRET}`).join(),
      'entry 5 (ops): at most 4',
    ],
    ['no text', 7, 'entry 1: is not "channel:whsec_base64"'],
  ])('are refused when %s, without being revealed', (_, value, problem) => {
    const { problems } = parseSigningSecrets(value)
    expect(problems).toEqual([expect.stringContaining(problem)])
    for (const part of ['hidden', NEW_SECRET.slice(6, 20), btoa('xxxxxx')]) expect(problems.join()).not.toContain(part)
  })
})

describe("a receiver's fingerprint", () => {
  it('changes with the receiver but not with the secret, and reveals neither', async () => {
    const one = await receiverFingerprint(webhookTo('https://hooks.example.com/hidden'))
    expect(one).toMatch(/^[0-9a-f]{16}$/)
    expect(await receiverFingerprint(webhookTo('https://hooks.example.com/hidden', { secrets: [OLD_SECRET] }))).toBe(
      one,
    )
    expect(await receiverFingerprint(webhookTo('https://hooks.example.com/other'))).not.toBe(one)
    expect(await receiverFingerprint({ name: 'a', type: 'email', from: 'a@b.co', to: 'c@d.co' })).not.toBe(one)
  })
})
