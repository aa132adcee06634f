// Unpacks the Chromium of @sparticuz/chromium, and the libraries that a bare machine lacks
// (libnss3, libnspr4), into TMPDIR. The package unpacks the libraries by itself only when it
// detects a function host.
import { join } from 'node:path'
import { inflate } from '@sparticuz/chromium'

const bin = process.argv[2]
await Promise.all(['chromium.br', 'al2023.tar.br'].map((name) => inflate(join(bin, name))))
