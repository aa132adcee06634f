/** Secrets and optional bindings, which wrangler.toml does not list. */
interface UnlistedBindings {
  /** `kid:base64url[,kid:base64url...]`, 32 bytes or more each. */
  SIGNING_KEYS?: string
  /**
   * Operators, as `name:token[:read],...` or one bare token. Unset: the API is off, unless Access
   * is configured.
   */
  ADMIN_TOKEN?: string
  /**
   * Cloudflare Access for operators: `team.cloudflareaccess.com` and the application's audience
   * tag.
   */
  ACCESS_TEAM_DOMAIN?: string
  ACCESS_AUD?: string
  /** The files of public/: templates and logos of rooms, and the operators' page. */
  ASSETS?: Fetcher
  /** Sign passes for the origin: `kid:algorithm:base64url-of-PKCS8[,...]`. */
  PASS_KEYS?: string
  /** The issuer of passes for the origin. Unset: the origin of the requested URL. */
  PASS_ISSUER?: string
  /** Sent to the origin, so that it can refuse requests that bypass the room. */
  ORIGIN_SECRET?: string
  /** Allows rehearsals. Unset: none. */
  REHEARSAL_TOKEN?: string
  /** A service binding to the origin, instead of ORIGIN_URL. */
  ORIGIN?: Fetcher
  /** The `Host` header for the origin, if it differs from the host of ORIGIN_URL. */
  ORIGIN_HOST?: string
  ORIGIN_TIMEOUT_SECONDS?: string | number
  /** Alert channels, as tables or JSON text. */
  ALERT_CHANNELS?: unknown
  /** Signing secrets of webhooks: `channel:whsec_base64[,channel:whsec_base64...]`. */
  ALERT_SECRETS?: string
  ALERT_ALLOW_PRIVATE?: string
  /** The Turnstile widget that checks newcomers. */
  TURNSTILE_SITE_KEY?: string
  TURNSTILE_SECRET?: string
  /** Validates its tokens. Unset: Cloudflare's. */
  TURNSTILE_VERIFY_URL?: string
  /** `https://key@host/project`. Unset: errors are only logged, not reported to Sentry. */
  SENTRY_DSN?: string
  /** Sends mail. The account needs Email Routing. */
  EMAIL?: SendEmail
}

interface Env extends UnlistedBindings {}

declare namespace Cloudflare {
  interface Env extends UnlistedBindings {}
}
