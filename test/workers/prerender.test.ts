import fc from 'fast-check'
import Mustache from 'mustache'
import { describe, expect, it } from 'vitest'
import { fillPage, prerender, type Values } from '../../src/pages/prerender.ts'

const LONG = 'Shared, and long enough to be kept as bytes: ščř 中文 "quoted" & <b>bold</b>. '.repeat(10)

const TEMPLATE = `{{! a comment }}<p title="{{name}}">{{name}}, {{{name}}}, {{&count}}</p>${LONG}
{{#message}}<b>{{message}} {{texts.word}}</b>${LONG}{{/message}}{{^message}}nothing{{/message}}
{{#flag}}{{name}}{{#texts.list}}<li>{{.}}</li>{{/texts.list}}{{^count}}none{{/count}}{{/flag}}
{{#empty}}{{name}}{{/empty}}{{^empty}}no{{/empty}}{{texts.word}}{{{texts.word}}}{{texts.missing}}`

const SHARED = { texts: { word: '"a" & b', list: ['one', '<two>', LONG] }, empty: '' }

const PAGE = prerender(TEMPLATE, SHARED)

const fill = (values: Values) => new TextDecoder().decode(fillPage(PAGE, values))

describe('a prerendered page', () => {
  it('is what Mustache renders, for any values', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('</script>', '{{name}}', '=`/', '$&', '', '0'))
    const values = fc.record({
      name: text,
      count: fc.oneof(fc.integer(), fc.double()),
      message: fc.oneof(text, fc.constant(null)),
      flag: fc.boolean(),
    })
    fc.assert(
      fc.property(values, (given) => {
        const expected = Mustache.render(TEMPLATE, { ...SHARED, ...given }).toWellFormed()
        expect(fill(given)).toBe(expected)
      }),
      { numRuns: 100 },
    )
  })

  it('keeps no data of one visitor for another', () => {
    const values = { name: 'alice', count: 1, message: 'for alice', flag: true }
    expect(fill(values)).toContain('for alice')
    const other = fill({ ...values, name: 'bob', message: 'for bob' })
    expect(other).not.toContain('alice')
    expect(other).toContain('for bob')
  })

  it('leaves a response as it was when the next page is filled', async () => {
    const values = { name: 'alice', count: 1, message: 'for alice', flag: true }
    const expected = fill(values)
    const response = new Response(fillPage(PAGE, values))
    fillPage(PAGE, { ...values, name: 'bob', message: 'for bob' })
    expect(await response.text()).toBe(expected)
  })

  it('refuses a broken template', () => {
    expect(() => prerender('{{#open}} no end', {})).toThrow('Unclosed section')
  })
})
