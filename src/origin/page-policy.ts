/**
 * What a page's own Content-Security-Policy leaves to the beacon, so that the beacon asks for nothing that the browser would
 * refuse: a refusal is an error in the page's console and a report to whoever collects the page's violations.
 *
 * The rules are those of CSP Level 3 (fallback lists of directives, matching of sources), as far as they matter for one
 * script of the page's own host. Where they leave room, the answer is no.
 */

export interface PagePolicy {
  /** For the script's tag; null: the policy names none. */
  readonly nonce: string | null
  /** Whether the script runs and may call its own host. */
  readonly allowsBeacon: boolean
  /** Whether a Web Worker from its own host runs. */
  readonly allowsWorker: boolean
}

/** Of a page without any. */
export const NO_POLICY: PagePolicy = { nonce: null, allowsBeacon: true, allowsWorker: true }

type Directives = ReadonlyMap<string, readonly string[]>

/** Before the colon: what is asked. After it: which directives decide, the first one there counts. */
const SCRIPT = ['script-src-elem', 'script-src', 'default-src']
const CALL = ['connect-src', 'default-src']
const WORKER = ['worker-src', 'child-src', 'script-src', 'default-src']

/**
 * `enforced`, `reported`: policies as headers and `<meta>` elements have them, each perhaps several joined by commas.
 * `own`: the script's address. What is only reported breaks nothing, but it costs the worker, which the beacon can spare.
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
      // Of a directive that is there twice browsers take the first.
      if (!directives.has(name.toLowerCase())) directives.set(name.toLowerCase(), sources)
    }
    return directives
  })
}

/** The sources of the first of these directives that is there; undefined: everything is allowed. */
function sourcesOf(policy: Directives, names: readonly string[]): readonly string[] | undefined {
  return names.map((name) => policy.get(name)).find((sources) => sources !== undefined)
}

function nonceOf(policy: Directives): string | undefined {
  const nonces = (sourcesOf(policy, SCRIPT) ?? []).map((source) => /^'nonce-([A-Za-z0-9+/_=-]+)'$/i.exec(source)?.[1])
  return nonces.find((nonce) => nonce !== undefined)
}

/** Without these two a page runs no scripts, or none of its own host. */
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

/** `'self'`, `*`, a scheme, or a host; with a path only the root counts. */
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
