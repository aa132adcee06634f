import fc from 'fast-check'
import Mustache from 'mustache'
import { describe, expect, it } from 'vitest'
import { renderTemplate, type TemplateView } from '../../src/pages/compiled-template.ts'

const LONG = 'The same for everyone, and long enough to be kept as bytes: ščř 中文 "quoted" & <b>bold</b>. '.repeat(10)

const TEMPLATE = `{{! a comment }}<p title="{{name}}">{{name}}, {{{name}}}, {{&count}}</p>${LONG}
{{#message}}<b>{{message}} {{.}}</b>${LONG}{{/message}}{{^message}}nothing{{/message}}
{{#flag}}{{name}}{{#texts.list}}<li>{{.}}</li>{{/texts.list}}{{/flag}}{{texts.word}}{{{texts.word}}}{{missing}}`

const TEXTS = { word: '"a" & b', list: ['one', '<two>', LONG] }

const FIXED = { texts: TEXTS }

const render = (template: string, view: TemplateView, fixed: TemplateView = FIXED) =>
  new TextDecoder().decode(renderTemplate(template, fixed, view))

describe('a compiled template', () => {
  it('renders what Mustache renders, whatever the values', () => {
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('</script>', '{{name}}', '=`/', '$&', ''))
    const view = fc.record({
      name: value,
      count: fc.oneof(fc.integer(), fc.double()),
      message: fc.option(value),
      flag: fc.boolean(),
    })
    fc.assert(
      fc.property(view, (given) => {
        const expected = Mustache.render(TEMPLATE, { ...FIXED, ...given }).toWellFormed()
        expect(render(TEMPLATE, given)).toBe(expected)
      }),
      { numRuns: 100 },
    )
  })

  it('keeps nothing of one visitor for another', () => {
    const view = { name: 'alice', count: 1, message: 'for alice', flag: true }
    expect(render(TEMPLATE, view)).toContain('for alice')
    const other = render(TEMPLATE, { ...view, name: 'bob', message: 'for bob' })
    expect(other).not.toContain('alice')
    expect(other).toContain('for bob')
  })

  it('leaves a template to Mustache that looks into its values', () => {
    const shout = () => (text: string, draw: (text: string) => string) => draw(text).toUpperCase()
    const template = '{{name.length}} {{#shout}}{{name}}{{/shout}}'
    for (const name of ['anna', 'robert']) {
      expect(render(template, { name, shout }, {})).toBe(`${name.length} ${name.toUpperCase()}`)
    }
  })

  it('goes on rendering right with more shapes than are kept', () => {
    const fixed = {}
    for (let i = 0; i < 1200; i++) expect(render('{{n}}{{#o}}{{x}}{{/o}}', { n: 1, o: { x: i } }, fixed)).toBe(`1${i}`)
  })

  it('throws what Mustache throws for a broken template', () => {
    expect(() => render('{{#open}} no end', { open: true }, {})).toThrow('Unclosed section')
  })
})
