/** Secrets and optional bindings, which wrangler.toml does not list. */
interface UnlistedBindings {
  /** `kid:base64url[,kid:base64url...]`, 32 bytes or more each. */
  SIGNING_KEYS?: string
  /** Bearer token of the operators' API; unset: the API is off. */
  ADMIN_TOKEN?: string
  /** Sent to the origin, so that it can refuse who comes past the room. */
  ORIGIN_SECRET?: string
  /** A service binding to the origin, instead of ORIGIN_URL. */
  ORIGIN?: Fetcher
  ORIGIN_TIMEOUT_SECONDS?: string | number
}

interface Env extends UnlistedBindings {}

declare namespace Cloudflare {
  interface Env extends UnlistedBindings {}
}
