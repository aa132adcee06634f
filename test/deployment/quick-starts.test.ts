/** The settings that the quick starts tell readers to put into wrangler.toml pass the check. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parse, stringify, type TomlTable } from 'smol-toml'
import { afterAll, expect, test } from 'vitest'
import { environmentProblems } from '../../scripts/checks/environment-problems.ts'
import { type Environment, environments } from '../../scripts/deployment-config.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const DOCUMENTS = `${ROOT}/docs/quick-starts`
const TOML = /^```toml\n([\s\S]*?)^```/m

const folder = mkdtempSync(join(tmpdir(), 'quick-starts-'))
afterAll(() => rmSync(folder, { recursive: true }))
mkdirSync(join(folder, 'public'))

const pages = readdirSync(DOCUMENTS)
  .map((name) => ({ name, toml: TOML.exec(readFileSync(`${DOCUMENTS}/${name}`, 'utf8'))?.[1] }))
  // A Worker with the library has a wrangler.toml of the app.
  .filter((page): page is { name: string; toml: string } => page.toml?.includes('[env.production]') === true)

test('are in each quick start with a separate Worker', () => {
  expect(pages.map(({ name }) => name)).toEqual([
    'hosted-shop.md',
    'next-on-workers.md',
    'nginx.md',
    'spa-and-api.md',
    'wordpress.md',
  ])
})

test.each(pages)('are accepted: $name', ({ toml }) => {
  const top = parse(readFileSync(`${ROOT}/wrangler.toml`, 'utf8')) as { env: { production: TomlTable } }
  const { production: written } = (parse(toml) as { env: { production: TomlTable } }).env
  const { production } = top.env
  // The page says to remove ORIGIN_URL. The rooms replace those of the file.
  top.env.production = { ...production, ...written }
  const file = join(folder, 'wrangler.toml')
  writeFileSync(file, stringify(top))
  const all = environments(file)
  const environment = all.find(({ name }) => name === 'production') as Environment
  expect(environmentProblems(environment, all, file)).toEqual([])
})
