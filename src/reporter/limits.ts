/** Bounds of the reports of errors, each with the reason for its size. */

/** Reports per isolate and window; the rest is only logged. A fault that hits every request is told soon enough by a few. */
export const REPORTS_MAX = 20

/** Reports of one event among them, so that a frequent fault leaves room for others. */
export const REPORTS_OF_ONE_EVENT_MAX = 5
export const REPORT_WINDOW_MS = 60_000

/** After a failed report none is sent for so long: the receiver is down, or has had enough of us. */
export const REPORT_PAUSE_MS = 60_000

/** A receiver that hangs is cut off. */
export const REPORT_TIMEOUT_MS = 5_000

/** Longer texts of errors are cut. */
export const ERROR_TEXT_MAX_CHARS = 1_000
export const STACK_FRAMES_MAX = 30
