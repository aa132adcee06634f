/**
 * The modules that the simulation replaces when it loads the shipped code: the platform's module,
 * the log, signatures (a token is its claims), hashes of proofs of work, and
 * pages. Everything else is the deployed code. Node's loader (main.ts) and Vitest's
 * (vitest.config.ts) use the same list.
 */
const standIn = (file: string) => new URL(file, import.meta.url).pathname

export const substitutes: readonly { readonly find: RegExp; readonly replacement: string }[] = [
  { find: /^cloudflare:workers$/, replacement: standIn('workers-module.ts') },
  { find: /^.*\/log\.ts$/, replacement: standIn('log.ts') },
  { find: /^.*\/(check-answers|small-pages)\.ts$/, replacement: standIn('pages.ts') },
  { find: /^\.\.\/core\/proof-of-work\.ts$/, replacement: standIn('proof-of-work.ts') },
  { find: /^.*\/tokens\/token\.ts$|^\.\/token\.ts$/, replacement: standIn('token.ts') },
]
