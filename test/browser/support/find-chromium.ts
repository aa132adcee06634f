/**
 * Finds a Chromium that starts on this machine: the named one, the machine's own, or else the one
 * in the npm package `@sparticuz/chromium`, unpacked into the project's ignored folder. So `npm
 * test` needs no manual installation.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'

export interface FoundChromium {
  readonly path: string
  /** Folder of libraries that the machine may lack. Null if it needs none of ours. */
  readonly libraries: string | null
}

/** Without `chromium-browser`: it is often a stub that only prints how to install Chromium. */
const INSTALLED = [
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]
/** For a start as root and without a screen. The browser calls nothing by itself. */
export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const UNPACK = resolve(import.meta.dirname, 'unpack-chromium.mjs')
const UNPACK_TIMEOUT_MS = 120_000

/**
 * `BROWSER_TESTS_CHROMIUM` names the program to run, or is `packaged` for the npm package's.
 *
 * @throws Error with the remedy if there is none for this machine
 */
export async function findChromium(cache: string): Promise<FoundChromium> {
  const named = process.env.BROWSER_TESTS_CHROMIUM ?? ''
  if (named !== '' && named !== 'packaged') {
    if (!existsSync(named)) throw new Error(`BROWSER_TESTS_CHROMIUM: there is no ${named}`)
    return { path: named, libraries: null }
  }
  const installed = INSTALLED.find(existsSync)
  if (named === '' && installed !== undefined) return { path: installed, libraries: null }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `No Chromium for the browser tests: the npm package has none for ${process.platform} ${process.arch}. ` +
        'Install Chromium or Chrome, or name one: BROWSER_TESTS_CHROMIUM=/path/to/chromium',
    )
  }
  return packagedChromium(cache)
}

async function packagedChromium(cache: string): Promise<FoundChromium> {
  const home = dirname(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')))
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string }
  const folder = join(cache, `chromium-${version}`)
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true })
    // Unpacked elsewhere and then moved, so that an aborted or concurrent run leaves no partial
    // browser.
    const aside = mkdtempSync(join(cache, 'unpacking-'))
    await promisify(execFile)(process.execPath, [UNPACK, join(home, 'bin')], {
      timeout: UNPACK_TIMEOUT_MS,
      env: { ...process.env, TMPDIR: aside },
    })
    moveUnlessThere(aside, folder)
  }
  return { path: join(folder, 'chromium'), libraries: join(folder, 'al2023/lib') }
}

/** Moves a finished folder into place. If another run was faster, its folder stays. */
export function moveUnlessThere(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (!existsSync(to)) throw error
    rmSync(from, { recursive: true, force: true })
  }
}
