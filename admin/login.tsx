/** The login form. */
import { useState } from 'hono/jsx/dom'
import { call, type Session } from './api.ts'

export function Login({ onLogin }: { onLogin: (session: Session) => void }) {
  const [token, setToken] = useState('')
  const [error, setError] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const submit = async (event: Event) => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    try {
      onLogin((await call<Session>('POST', '/session', { token: token.trim() })).body)
    } catch (problem) {
      setError(
        (problem as { status?: number }).status === 401 ? 'No operator has this token.' : (problem as Error).message,
      )
      setBusy(false)
    }
  }
  return (
    <main class="login">
      <form class="card" onSubmit={submit}>
        <h1>Waiting room</h1>
        <p class="muted">Enter your operator token.</p>
        {/* For password managers. */}
        <input hidden name="username" autocomplete="username" value="operator" readonly />
        <label class="field">
          Token
          <input
            type="password"
            value={token}
            required
            autocomplete="current-password"
            aria-describedby={error === null ? undefined : 'login-error'}
            onInput={(event: Event) => setToken((event.target as HTMLInputElement).value)}
          />
        </label>
        {error !== null && (
          <p id="login-error" class="error" role="alert">
            {error}
          </p>
        )}
        <button type="submit" class="primary" disabled={busy}>
          Log in
        </button>
      </form>
    </main>
  )
}
