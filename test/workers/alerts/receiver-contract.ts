/**
 * The protocol between tests and receivers (../support/receivers.ts, which runs in Node). Types
 * only, so that neither side sees the runtime types of the other.
 */
import 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** Origin of the server in support/receivers.ts. */
    receivers: string
  }
}

/** The answer to one request. Without a status the receiver never answers. */
export interface Answer {
  readonly status?: number
  readonly headers?: Record<string, string>
  /** Send an endless body. */
  readonly endless?: boolean
}

export interface ReceivedRequest {
  readonly method: string
  readonly headers: Record<string, string>
  readonly body: string
}
