// Recomputes the rank of one entry of a published draw, with nothing but Node. The algorithm:
// docs/draw.md. Save the answer of /__waiting-room/draw as draw.json, then: node verify-draw.mjs
// draw.json ENTRY [COMMITMENT]. COMMITMENT: the one that the lobby showed before the draw.
import { createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'

const [file, number, shown] = process.argv.slice(2)
const entry = Number(number)
const published = JSON.parse(readFileSync(file, 'utf8'))
const draw = (published.draws ?? [published].flat()).findLast(({ first, end }) => first <= entry && entry < end)
if (!draw) throw new Error(`no draw has an entry ${number}`)

const secret = Buffer.from(draw.secret, 'hex')
const commitment = createHash('sha256').update(secret).digest('hex')
if (commitment !== (shown ?? draw.commitment)) throw new Error('the secret does not match the commitment')

const text = `draw:${draw.run}:${draw.first}:${draw.end}:${draw.randomness ?? ''}`
const seed = createHmac('sha256', secret).update(text).digest()
const size = draw.end - draw.first
let side = 64
while (side * side < size) side++

const round = (i, half) =>
  createHmac('sha256', seed)
    .update(`${i}:${Math.floor(half / 8)}`)
    .digest()
    .readUInt32BE((half % 8) * 4)

let value = entry - draw.first
do {
  let [left, right] = [Math.floor(value / side), value % side]
  for (let i = 0; i < 10; i++) [left, right] = [right, (left + round(i, right)) % side]
  value = left * side + right
} while (value >= size)
console.log(`entry ${entry}: rank ${value + 1} of ${size}`)
