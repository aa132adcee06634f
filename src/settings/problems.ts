/** How problems with settings are worded: one line each, beginning with the key. */
import type * as v from 'valibot'

export const UNKNOWN_SETTING = 'there is no such setting'

/** The problem with the value that an issue of the validator is about. */
export function issueProblem(issue: v.BaseIssue<unknown>): string {
  const isMissing = issue.kind === 'schema' && issue.input === undefined && issue.expected !== 'never'
  return isMissing ? 'is missing' : issue.message
}

/** How to bind the object that limits failed logins. */
export const loginGuardRemedy =
  'Bind LOGIN_GUARD to the class LoginGuard in wrangler.toml, then deploy: docs/deploy.md, "Upgrade and rollback"'

/** How to set a secret that is missing or unusable, in a deployment and locally. */
export function secretRemedy(name: string): string {
  return `Set it with: npx wrangler secret put ${name} --env ENVIRONMENT (locally: a line ${name}="..." in .dev.vars)`
}
