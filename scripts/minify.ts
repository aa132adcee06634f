/**
 * `npm run minify`: writes the beacon as it is served (public/heartbeat.min.js) from its source, so that the sites' pages
 * load as little as possible. `-- --check` writes nothing and fails where the two do not agree.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { transformSync } from 'esbuild'

const SOURCE = new URL('../public/heartbeat.js', import.meta.url)
const SERVED = new URL('../public/heartbeat.min.js', import.meta.url)

const { code } = transformSync(readFileSync(SOURCE, 'utf8'), { minify: true, target: 'es2021' })
if (!process.argv.includes('--check')) {
  writeFileSync(SERVED, code)
} else if (readFileSync(SERVED, 'utf8') !== code) {
  console.error('public/heartbeat.min.js is not what public/heartbeat.js makes. Run: npm run minify')
  process.exit(1)
}
