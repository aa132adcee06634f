/**
 * How long a test waits for something to happen before it gives up. No test asserts this time. It
 * only ends a hanging test, so it is far longer than a loaded machine needs.
 */
export const PATIENCE_MS = 60_000

/** A test waits for several things in sequence. */
export const TEST_TIMEOUT_MS = 5 * PATIENCE_MS
