/**
 * A mutant that a property has caught is dead: looking for the smallest example of it would take
 * most of the time. And a mutant that lives would run each property to its end: here a property has
 * so much time, which on a slow machine catches fewer mutants, never more.
 */
import fc from 'fast-check'

const PROPERTY_MS = 500

fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true, interruptAfterTimeLimit: PROPERTY_MS })
