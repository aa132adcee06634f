/**
 * The settings of this deployment, read once when the code starts. Settings that cannot be used make the start fail: a
 * deploy is refused and the version before goes on serving.
 */
import { env } from 'cloudflare:workers'
import { parseSettings } from './settings.ts'

export const deployedSettings = parseSettings(env)
