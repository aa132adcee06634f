/**
 * What the simulation replaces of the shipped code when it loads it: the platform's module, the deployment's settings, the
 * log, and signatures (a token is its claims). Everything else that runs is what is deployed. The same list serves Node's
 * loader (main.ts) and Vitest's (vitest.config.ts).
 */
const standIn = (file: string) => new URL(file, import.meta.url).pathname

export const substitutes: readonly { readonly find: RegExp; readonly replacement: string }[] = [
  { find: /^cloudflare:workers$/, replacement: standIn('workers-module.ts') },
  { find: /^.*\/deployed-settings\.ts$/, replacement: standIn('deployed-settings.ts') },
  { find: /^.*\/log\.ts$/, replacement: standIn('log.ts') },
  { find: /^.*\/tokens\/token\.ts$|^\.\/token\.ts$/, replacement: standIn('token.ts') },
]
