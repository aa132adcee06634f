/** What to do about a secret that is missing or cannot be used: deployments and local runs keep theirs in different places. */
export function secretRemedy(name: string): string {
  return `Set it with: npx wrangler secret put ${name} --env ENVIRONMENT (in a local run: a line ${name}="..." in .dev.vars)`
}
