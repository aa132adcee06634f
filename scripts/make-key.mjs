/**
 * Prints a new value for SIGNING_KEYS: today's date as the key id, and 32 random bytes. With
 * --pass, one for PASS_KEYS: the date, the algorithm, and a private key in PKCS #8.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'

const HELP = `npm run --silent make-key                                     prints a value for SIGNING_KEYS
npm run --silent make-key -- --pass [--algorithm ALGORITHM]   prints a value for PASS_KEYS
  --algorithm   Ed25519 (the default), or ES256 for an origin whose library lacks Ed25519`

const PAIRS = {
  Ed25519: () => generateKeyPairSync('ed25519'),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
}

try {
  console.log(textFor(optionsOf(process.argv.slice(2))))
} catch (error) {
  console.error(`make-key: ${error.message}\n${HELP}`)
  process.exitCode = 1
}

function optionsOf(args) {
  const options = { pass: { type: 'boolean' }, algorithm: { type: 'string' }, help: { type: 'boolean' } }
  return parseArgs({ args, options }).values
}

function textFor({ pass, algorithm, help }) {
  if (help) return HELP
  if (algorithm !== undefined && !pass) throw new Error('--algorithm is for --pass only')
  const day = new Date().toISOString().slice(0, 10)
  return pass ? `${day}:${passKey(algorithm)}` : `${day}:${randomBytes(32).toString('base64url')}`
}

function passKey(algorithm = 'Ed25519') {
  if (!Object.hasOwn(PAIRS, algorithm)) throw new Error(`--algorithm must be ${Object.keys(PAIRS).join(' or ')}`)
  const { privateKey } = PAIRS[algorithm]()
  return `${algorithm}:${privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64url')}`
}
