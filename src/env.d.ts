/** Secrets and optional bindings, which wrangler.toml does not list. */
interface UnlistedBindings {
  /** `kid:base64url[,kid:base64url...]`, 32 bytes or more each. */
  SIGNING_KEYS?: string
  /** `name:token[:read],...` or one token, for the operators' API; unset: the API is off. */
  ADMIN_TOKEN?: string
  /**
   * Cloudflare Access for operators: `team.cloudflareaccess.com` and the application's audience
   * tag.
   */
  ACCESS_TEAM_DOMAIN?: string
  ACCESS_AUD?: string
  /**
   * The files of public/: templates and logos of rooms, the operators' page; absent: none of these.
   */
  ASSETS?: Fetcher
  /** Sent to the origin, so that it can refuse requests that did not come through the room. */
  ORIGIN_SECRET?: string
  /** A service binding to the origin, instead of ORIGIN_URL. */
  ORIGIN?: Fetcher
  /** The `Host` that the origin sees, if it is not the host of ORIGIN_URL. */
  ORIGIN_HOST?: string
  ORIGIN_TIMEOUT_SECONDS?: string | number
  /** The receivers of alerts: tables, or the same as JSON text. */
  ALERT_CHANNELS?: unknown
  /** `channel:whsec_base64[,channel:whsec_base64...]`: the keys that sign webhooks. */
  ALERT_SECRETS?: string
  ALERT_ALLOW_PRIVATE?: string
  /** `https://key@host/project` reports errors to Sentry; unset: errors are only logged. */
  SENTRY_DSN?: string
  /** Sends mail, if the account has Email Routing. */
  EMAIL?: SendEmail
}

interface Env extends UnlistedBindings {}

declare namespace Cloudflare {
  interface Env extends UnlistedBindings {}
}
