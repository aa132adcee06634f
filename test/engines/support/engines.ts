/** The engines that the tests know, and how each one is found and started. */
import { accessSync, constants, existsSync, mkdtempSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { FoundChromium } from '../../browser/support/find-chromium.ts'
import type { PuppeteerLaunch } from './puppeteer.ts'
import type { Browser } from './tab.ts'
import { launchWebKit } from './webkit.ts'

export const ENGINE_NAMES = ['chromium', 'firefox', 'webkitgtk', 'wpe'] as const
export type EngineName = (typeof ENGINE_NAMES)[number]

/** The parts of this machine that a launch needs. */
export interface Machine {
  readonly chromium: FoundChromium
  /** Path of the fontconfig file. */
  readonly fonts: string
  /** Folder for profiles. */
  readonly scratch: string
}

export interface Engine {
  /** As docs/browsers.md calls it. */
  readonly title: string
  /** Debian packages. None: the tests bring it along. */
  readonly packages: readonly string[]
  /** Programs without which it does not start. Names are looked up in PATH. */
  readonly programs: readonly string[]
  /** Its driver opens no second tab. */
  readonly singleWindow?: true
  launch(machine: Machine): Promise<Browser>
}

const LIBRARIES = '/usr/lib/x86_64-linux-gnu'
const MINI_BROWSER = `${LIBRARIES}/webkit2gtk-4.1/MiniBrowser`

export const ENGINES: Readonly<Record<EngineName, Engine>> = {
  chromium: {
    title: 'Chromium',
    packages: [],
    programs: [],
    launch(machine) {
      const { path, libraries } = machine.chromium
      const environment = {
        ...environmentOf(machine),
        ...(libraries === null ? {} : { LD_LIBRARY_PATH: libraries }),
      }
      return launchWithPuppeteer({ browser: 'chrome', path, environment, profile: newProfile(machine, 'chromium') })
    },
  },
  firefox: {
    title: 'Firefox ESR',
    packages: ['firefox-esr'],
    programs: ['firefox-esr'],
    launch(machine) {
      const path = programPath('firefox-esr')
      // Its sandbox asks another process for each of hundreds of font files: a quarter of all time.
      const environment = { ...environmentOf(machine), MOZ_DISABLE_CONTENT_SANDBOX: '1' }
      return launchWithPuppeteer({ browser: 'firefox', path, environment, profile: newProfile(machine, 'firefox') })
    },
  },
  webkitgtk: {
    title: 'WebKitGTK',
    packages: ['webkit2gtk-driver', 'xvfb'],
    programs: ['WebKitWebDriver', MINI_BROWSER, 'Xvfb'],
    launch(machine) {
      return launchWebKit({
        driver: programPath('WebKitWebDriver'),
        optionsKey: 'webkitgtk:browserOptions',
        browser: MINI_BROWSER,
        browserArguments: ['--automation'],
        environment: environmentOf(machine),
        displayServer: programPath('Xvfb'),
        singleWindow: false,
      })
    },
  },
  wpe: {
    title: 'WPE WebKit',
    packages: ['wpewebkit-driver', 'cog'],
    programs: ['WPEWebDriver', 'cog'],
    singleWindow: true,
    launch(machine) {
      return launchWebKit({
        driver: programPath('WPEWebDriver'),
        optionsKey: 'wpe:browserOptions',
        browser: programPath('cog'),
        browserArguments: ['--automation', '--platform=headless'],
        environment: environmentOf(machine),
        displayServer: null,
        singleWindow: true,
      })
    },
  },
}

/** Imported on use: a run that skips everything should not take the time. */
async function launchWithPuppeteer(launch: PuppeteerLaunch): Promise<Browser> {
  const adapter = await import('./puppeteer.ts')
  return adapter.launchWithPuppeteer(launch)
}

export function isInstalled({ programs }: Engine): boolean {
  return programs.every((program) => findProgram(program) !== undefined)
}

/**
 * Every browser starts with a locale that names no language, as on a server or in a minimal
 * container: pages must not rely on `navigator.language` being valid.
 */
function environmentOf({ fonts, scratch }: Machine): Record<string, string> {
  const home = mkdtempSync(join(scratch, 'home-'))
  return {
    LANG: 'C.UTF-8',
    FONTCONFIG_FILE: fonts,
    HOME: home,
    XDG_CACHE_HOME: home,
    XDG_CONFIG_HOME: home,
    XDG_DATA_HOME: home,
  }
}

function newProfile({ scratch }: Machine, name: EngineName): string {
  return mkdtempSync(join(scratch, `${name}-`))
}

function programPath(program: string): string {
  const path = findProgram(program)
  if (path === undefined) throw new Error(`There is no ${program} on this machine.`)
  return path
}

function findProgram(program: string): string | undefined {
  if (program.startsWith('/')) return existsSync(program) ? program : undefined
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.map((folder) => join(folder, program)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
