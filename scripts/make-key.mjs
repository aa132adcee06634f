/** Prints a new value for SIGNING_KEYS: today's date as the key id, and 32 random bytes. */
import { randomBytes } from 'node:crypto'

const day = new Date().toISOString().slice(0, 10)
console.log(`${day}:${randomBytes(32).toString('base64url')}`)
