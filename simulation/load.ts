/** Makes Node load the shipped code with the stand-ins of the simulation. Import this first. */
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import { substitutes } from './stand-ins/substitutes.ts'

registerHooks({
  resolve(specifier, context, next) {
    const found = substitutes.find(({ find }) => find.test(specifier))
    return found === undefined ? next(specifier, context) : next(pathToFileURL(found.replacement).href, context)
  },
})
