/** Secrets and optional bindings, which wrangler.toml does not list. */
interface UnlistedBindings {
  /** `kid:base64url[,kid:base64url...]`, 32 bytes or more each. */
  SIGNING_KEYS?: string
  /** `name:token[:read],...` or one token: who may use the operators' API; unset: the API is off. */
  ADMIN_TOKEN?: string
  /** Operators whom Cloudflare Access lets in: `team.cloudflareaccess.com` and the application's audience tag. */
  ACCESS_TEAM_DOMAIN?: string
  ACCESS_AUD?: string
  /** The files of public/: templates and logos of rooms, the operators' page; absent: none of these. */
  ASSETS?: Fetcher
  /** Sent to the origin, so that it can refuse who comes past the room. */
  ORIGIN_SECRET?: string
  /** A service binding to the origin, instead of ORIGIN_URL. */
  ORIGIN?: Fetcher
  /** The `Host` that the origin is asked with, where it differs from the host of ORIGIN_URL. */
  ORIGIN_HOST?: string
  ORIGIN_TIMEOUT_SECONDS?: string | number
  /** Where alerts go: tables, or the same as JSON text. */
  ALERT_CHANNELS?: unknown
  /** `channel:whsec_base64[,channel:whsec_base64...]`: what webhooks are signed with. */
  ALERT_SECRETS?: string
  ALERT_ALLOW_PRIVATE?: string
  /** `https://key@host/project`: errors are reported to Sentry, too; unset: they are only logged. */
  SENTRY_DSN?: string
  /** Sends mail, where the account has Email Routing. */
  EMAIL?: SendEmail
}

interface Env extends UnlistedBindings {}

declare namespace Cloudflare {
  interface Env extends UnlistedBindings {}
}
