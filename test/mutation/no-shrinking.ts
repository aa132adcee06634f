/** A mutant that a property has caught is dead: looking for the smallest example of it would take most of the time. */
import fc from 'fast-check'

fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true })
