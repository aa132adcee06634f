/**
 * The parts that the schemas of the API's response bodies share. The OpenAPI document is made from
 * them, and the tests check every response against them. Objects are open: fields may be added.
 */
import * as v from 'valibot'
import { FIGURES, type FigureName } from '../../core/figures.ts'

export const about = <S extends v.GenericSchema>(schema: S, description: string) =>
  v.pipe(schema, v.description(description))

export const count = (description: string) => about(v.pipe(v.number(), v.integer(), v.minValue(0)), description)

export const time = v.pipe(v.string(), v.isoTimestamp())

export const seconds = (description: string) => about(v.nullable(v.number()), description)

export const share = (description: string) =>
  about(v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1))), description)

export const roomName = v.string()

export const figureNow = (name: FigureName) => {
  const { unit, help } = FIGURES[name]
  return unit === 'count' ? count(help) : about(v.number(), help)
}

export const mode = about(
  v.picklist(['open', 'queue-all', 'paused']),
  'queue-all: everyone waits and only operators admit. paused: nobody is admitted.',
)

export const problemSchema = v.looseObject({
  type: v.string(),
  title: v.string(),
  status: v.number(),
  detail: v.optional(about(v.string(), 'How to fix it.')),
  problems: v.optional(v.array(v.looseObject({ key: v.string(), problem: v.string() }))),
})
