/**
 * The permissions of the beacon under a page's Content-Security-Policy. A beacon that the policy
 * blocks would cause an error in the page's console and a violation report to the site.
 *
 * Implements CSP Level 3 (directive fallback, source matching) as far as one script of the page's
 * own host needs it. In doubtful cases the answer is no.
 */

export interface PagePolicy {
  /** The nonce for the script's tag; null: the policy names none. */
  readonly nonce: string | null
  /** Whether the script runs and may call its own host. */
  readonly allowsBeacon: boolean
  /** Whether a Web Worker from its own host runs. */
  readonly allowsWorker: boolean
}

/** The policy of a page that has none. */
export const NO_POLICY: PagePolicy = { nonce: null, allowsBeacon: true, allowsWorker: true }

type Directives = ReadonlyMap<string, readonly string[]>

/** The directives that decide about each capability: the first one present counts. */
const SCRIPT = ['script-src-elem', 'script-src', 'default-src']
const CALL = ['connect-src', 'default-src']
const WORKER = ['worker-src', 'child-src', 'script-src', 'default-src']

/**
 * A policy that is only reported blocks nothing, but it disables the worker, which the beacon can
 * do without.
 * @param enforced, reported policies from headers and `<meta>` elements, each possibly several
 * joined by commas
 * @param own the script's URL
 */
export function pagePolicy(enforced: readonly string[], reported: readonly string[], own: URL): PagePolicy {
  const binding = enforced.flatMap(policies)
  const all = [...binding, ...reported.flatMap(policies)]
  const nonce = all.map(nonceOf).find((found) => found !== undefined) ?? null
  return {
    nonce,
    allowsBeacon: binding.every(
      (policy) => allowsScript(policy, nonce, own) && allows(policy, CALL, own) && !isSandboxed(policy),
    ),
    allowsWorker: all.every(
      (policy) => allows(policy, WORKER, own) && !policy.has('require-trusted-types-for') && !policy.has('sandbox'),
    ),
  }
}

function policies(header: string): Directives[] {
  return header.split(',').map((policy) => {
    const directives = new Map<string, string[]>()
    for (const directive of policy.split(';')) {
      const [name = '', ...sources] = directive.trim().split(/\s+/)
      // If a directive is repeated, browsers use the first one.
      if (!directives.has(name.toLowerCase())) directives.set(name.toLowerCase(), sources)
    }
    return directives
  })
}

/**
 * The sources of the first of these directives that is present; undefined: everything is allowed.
 */
function sourcesOf(policy: Directives, names: readonly string[]): readonly string[] | undefined {
  return names.map((name) => policy.get(name)).find((sources) => sources !== undefined)
}

function nonceOf(policy: Directives): string | undefined {
  const nonces = (sourcesOf(policy, SCRIPT) ?? []).map((source) => /^'nonce-([A-Za-z0-9+/_=-]+)'$/i.exec(source)?.[1])
  return nonces.find((nonce) => nonce !== undefined)
}

/** Without these two flags a sandboxed page runs no scripts, or none of its own host. */
function isSandboxed(policy: Directives): boolean {
  const flags = policy.get('sandbox')?.map((flag) => flag.toLowerCase())
  return flags !== undefined && !['allow-scripts', 'allow-same-origin'].every((flag) => flags.includes(flag))
}

function allowsScript(policy: Directives, nonce: string | null, own: URL): boolean {
  return (nonce !== null && nonceOf(policy) === nonce) || allows(policy, SCRIPT, own)
}

function allows(policy: Directives, names: readonly string[], own: URL): boolean {
  const sources = sourcesOf(policy, names)
  if (sources === undefined) return true
  if (sources.some((source) => /^'strict-dynamic'$/i.test(source))) return false
  return sources.some((source) => matches(source, own))
}

/**
 * A source is `'self'`, `*`, a scheme or a host. A host with a path matches only if the path is the
 * root.
 */
function matches(source: string, own: URL): boolean {
  if (source === '*' || /^'self'$/i.test(source)) return true
  const [, scheme, host, port, path] =
    /^(?:([a-z][a-z0-9+.-]*):(?:\/\/|$))?([^/:]*)(?::(\d+|\*))?(\/.*)?$/i.exec(source) ?? []
  if (scheme !== undefined && !isScheme(scheme, own)) return false
  if (host === undefined || host === '') return scheme !== undefined
  const ownPort = own.port === '' ? (own.protocol === 'https:' ? '443' : '80') : own.port
  const samePort = port === '*' || (port === undefined ? own.port === '' : port === ownPort)
  return samePort && isHost(host.toLowerCase(), own.hostname) && (path === undefined || path === '/')
}

function isScheme(scheme: string, { protocol }: URL): boolean {
  const wanted = `${scheme.toLowerCase()}:`
  return wanted === protocol || (wanted === 'http:' && protocol === 'https:')
}

function isHost(pattern: string, hostname: string): boolean {
  if (pattern === '*' || pattern === hostname) return true
  return pattern.startsWith('*.') && hostname.endsWith(pattern.slice(1))
}
