/** Replaces the log. The simulation listens. */
type Listener = (event: string, error: unknown) => void

let listener: Listener = () => {}

export function listenToLog(next: Listener): void {
  listener = next
}

export function logError(event: string, error: unknown): void {
  listener(event, error)
}

export function logWarning(event: string): void {
  listener(event, null)
}

export function logRepeatedWarning(event: string): void {
  listener(event, null)
}

export function sendHeldReports(): void {}
