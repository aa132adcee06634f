/**
 * A mutant is dead once a property has caught it, and shrinking the example would take most of the
 * time. A mutant that survives would run each property to its end. Here a property has a time
 * limit, so a slow machine catches fewer mutants, never more.
 */
import fc from 'fast-check'

const PROPERTY_MS = 500

fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true, interruptAfterTimeLimit: PROPERTY_MS })
