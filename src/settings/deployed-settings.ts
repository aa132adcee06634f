/**
 * The settings of this deployment, parsed once at start-up. Invalid settings make the start fail:
 * the platform rejects the deploy and keeps serving the previous version. Apart from settings.ts,
 * because scripts parse settings outside of Workers.
 */
import { env } from 'cloudflare:workers'
import { parseSettings } from './settings.ts'

export const deployedSettings = parseSettings(env)
