/** Sites with the middleware of the examples: support/site.php and support/site.py. */
import { freePort } from '../../support/free-port.ts'
import { findProgram, findPython, ServerProcess, scratchFolder } from './process.ts'

export const PHP = findProgram('/usr/bin/php', '/usr/bin/php8.2', '/usr/bin/php8.3', '/usr/bin/php8.4')
export const PYTHON = findPython()

/** Several workers, as PHP-FPM has: they share nothing but the file of keys. */
export function startPhp(script: string, port: number, env: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const args = ['-S', `127.0.0.1:${port}`, script]
  return ServerProcess.start(port, PHP?.path ?? '', args, { PHP_CLI_SERVER_WORKERS: '3', ...env })
}

/** Without `cache_file` in the settings, the site has its own. */
export async function startPhpSite(settings: object, port?: number): Promise<ServerProcess> {
  const all = { cache_file: `${scratchFolder()}/jwks.json`, ...settings }
  return startPhp(`${import.meta.dirname}/site.php`, port ?? (await freePort()), { SETTINGS: JSON.stringify(all) })
}

export interface PythonOptions {
  readonly kind: 'wsgi' | 'asgi'
  /** Constants of the module to change, by name. */
  readonly seconds?: Readonly<Record<string, number>>
}

export async function startPythonSite(
  settings: object,
  port?: number,
  { kind, seconds = {} }: PythonOptions = { kind: 'wsgi' },
): Promise<ServerProcess> {
  const free = port ?? (await freePort())
  const env = { SETTINGS: JSON.stringify(settings), SECONDS: JSON.stringify(seconds) }
  return ServerProcess.start(free, PYTHON?.path ?? '', [`${import.meta.dirname}/site.py`, kind, `${free}`], env)
}
