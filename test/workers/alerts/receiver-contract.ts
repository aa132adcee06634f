/**
 * What the tests and their receivers (../support/receivers.ts, which runs in Node) say to each other. Types only, so that
 * neither side's runtime types get into the other's.
 */
import 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** Origin of the server in support/receivers.ts. */
    receivers: string
  }
}

/** How a receiver answers one request; without a status it never does. */
export interface Answer {
  readonly status?: number
  readonly headers?: Record<string, string>
  /** Keep sending a body without end. */
  readonly endless?: boolean
}

export interface ReceivedRequest {
  readonly method: string
  readonly headers: Record<string, string>
  readonly body: string
}
