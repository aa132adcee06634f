/** The variables and secrets of docs/settings.md. Rooms and channels may name more of them. */
interface Variables {
  readonly SIGNING_KEYS?: string | undefined
  readonly PASS_KEYS?: string | undefined
  readonly ADMIN_TOKEN?: string | undefined
  readonly ORIGIN_SECRET?: string | undefined
  readonly REHEARSAL_TOKEN?: string | undefined
  readonly SENTRY_DSN?: string | undefined
  readonly ACCESS_TEAM_DOMAIN?: unknown
  readonly ACCESS_AUD?: unknown
  readonly ROOMS?: unknown
  /** The `[[rooms]]` tables of rooms.toml: see rooms-file.ts. */
  readonly ROOMS_FILE?: readonly unknown[]
  readonly ORIGIN_URL?: unknown
  readonly ORIGIN_HOST?: unknown
  readonly ORIGIN_TIMEOUT_SECONDS?: unknown
  readonly PASS_ISSUER?: unknown
  readonly ALERT_CHANNELS?: unknown
  readonly ALERT_SECRETS?: unknown
  /** "true": receivers may have private addresses. For development. */
  readonly ALERT_ALLOW_PRIVATE?: unknown
  readonly TURNSTILE_SITE_KEY?: unknown
  readonly TURNSTILE_SECRET?: unknown
  readonly TURNSTILE_VERIFY_URL?: unknown
}

export type SettingsInput = Variables | (Variables & Readonly<Record<string, unknown>>)
