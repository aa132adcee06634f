/**
 * One waiting room in a Worker. Reads its settings and bindings from the environment that an event
 * or an object brings, once for each environment. An isolate has one for all events, so that this
 * is a cache: nothing is read at import, and instances share nothing.
 */
import type { Bindings, SettingsInput, WaitingRoomOptions } from './api.ts'
import { missingBindings } from './bindings.ts'
import { CurrentDeployment } from './current-deployment.ts'
import { type Configuration, type Deployment, deploymentOf } from './deployment.ts'
import type { DirectoryNamespace } from './directory/directory-object.ts'
import { DEFAULT_PREFIX, prefixProblem } from './http/paths.ts'
import { hasReporter, logError, logWarning, reportErrorsTo } from './log/log.ts'
import { sentryReporter } from './log/sentry.ts'
import type { AdminFiles } from './operators/admin-files.ts'
import type { KeepAlive } from './room/room-calls.ts'
import { documentReader } from './settings/room-document.ts'
import { parseSettings, SettingsError } from './settings/settings.ts'

export class Instance<E extends object> {
  readonly prefix: string
  private readonly options: WaitingRoomOptions<E>
  readonly adminFiles: AdminFiles | null
  private readonly configurations = new WeakMap<E, Configuration>()
  private readonly deployments = new WeakMap<E, Deployment>()
  private readonly current = new WeakMap<Deployment, CurrentDeployment>()
  private isStarted = false

  /** @throws SettingsError if the prefix cannot be one */
  constructor(options: WaitingRoomOptions<E>, adminFiles: AdminFiles | null) {
    const { prefix = DEFAULT_PREFIX } = options
    const problem = prefixProblem(prefix)
    if (problem !== null) throw new SettingsError([problem])
    this.options = options
    this.adminFiles = adminFiles
    this.prefix = prefix
  }

  /**
   * For the start of a Worker, whose environment is another object than that of its events.
   * @throws SettingsError with every problem
   */
  check(env: E): void {
    parseSettings(this.rawSettings(env), this.prefix)
  }

  private rawSettings(env: E): SettingsInput {
    const { settings } = this.options
    return settings === undefined ? (env as SettingsInput) : settings(env)
  }

  /** @throws SettingsError with every problem */
  configuration(env: E): Configuration {
    const known = this.configurations.get(env)
    if (known !== undefined) return known
    const { bindings: bindingsOf } = this.options
    const raw = this.rawSettings(env)
    // The log is the isolate's, and so is the reporter of its errors: the first instance with one.
    if (!hasReporter()) reportErrorsTo(sentryReporter(raw.SENTRY_DSN))
    const settings = parseSettings(raw, this.prefix)
    const bindings = bindingsOf === undefined ? (env as unknown as Bindings) : bindingsOf(env)
    const configuration = { raw, settings, bindings, readDocument: documentReader(raw, this.prefix) }
    this.configurations.set(env, configuration)
    return configuration
  }

  /**
   * The deployment with its current rooms. Null: it cannot serve, and the log has the reason.
   * @param keepAlive null: the event is not a request
   */
  deployment(env: E, keepAlive: KeepAlive | null): Deployment | Promise<Deployment | null> {
    const deployed = this.deployments.get(env)
    if (deployed !== undefined) return this.currentOf(deployed, keepAlive)
    return this.deployed(env).then((first) => first && this.currentOf(first, keepAlive))
  }

  private currentOf(deployed: Deployment, keepAlive: KeepAlive | null): Deployment | Promise<Deployment> {
    return this.current.get(deployed)?.get(keepAlive) ?? deployed
  }

  /**
   * With the deployed rooms only; null: the deployment cannot serve. Only the result is cached, not
   * the promise: if the request that created a promise were cancelled, all others would hang.
   */
  private async deployed(env: E): Promise<Deployment | null> {
    try {
      const configuration = this.configuration(env)
      const ready = await deploymentOf(configuration, this)
      // Another request may have been faster. Only one may be used, because it collects calls.
      const first = this.deployments.get(env)
      if (first !== undefined) return first
      this.deployments.set(env, ready)
      const directory = configuration.bindings.DIRECTORY as unknown as DirectoryNamespace | undefined
      if (directory !== undefined) this.current.set(ready, new CurrentDeployment(ready, configuration, directory))
      this.logStart(configuration)
      return ready
    } catch (error) {
      logError('not_configured', error)
      return null
    }
  }

  private logStart({ bindings }: Configuration): void {
    if (this.isStarted) {
      logWarning('environment_changed', { prefix: this.prefix, remedy: ENVIRONMENT_REMEDY })
      return
    }
    this.isStarted = true
    const missing = missingBindings(bindings)
    if (Object.keys(missing).length > 0) logWarning('bindings_missing', { prefix: this.prefix, ...missing })
  }
}

const ENVIRONMENT_REMEDY =
  'Pass the env that the platform gives, not a copy: for each copy settings are parsed again, and calls are not shared'
