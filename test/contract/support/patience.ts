/**
 * How long a test waits for something to happen before it gives up. No test asserts this: it only
 * ends one that would hang, so it is far longer than a loaded machine takes.
 */
export const PATIENCE_MS = 60_000

/** A test waits for several things one after the other. */
export const TEST_TIMEOUT_MS = 5 * PATIENCE_MS
