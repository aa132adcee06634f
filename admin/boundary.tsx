/** A part of the page that fails shows its error, and the rest goes on. */
import { ErrorBoundary } from 'hono/jsx/dom'

export function Part({ name, children }: { name: string; children?: unknown }) {
  return (
    <ErrorBoundary
      fallbackRender={(error: Error) => (
        <p class="banner error" role="alert">
          {name} cannot be shown ({error.message}). The rest of the page goes on. Reload the page to try again.
        </p>
      )}
      onError={(error: Error) => console.error(error)}
    >
      {children as never}
    </ErrorBoundary>
  )
}
