/**
 * Reads the public randomness of draws from a drand chain, over HTTP: the chain's clock before the
 * start of an event, and the awaited round after it.
 *
 * Owns when something is read. A read never delays an event of the object: its result arrives as
 * another event. A failed read is repeated by a later event; src/core/draws.ts decides how long a
 * draw waits.
 */
import { hash as sha256 } from 'fast-sha256'
import * as v from 'valibot'
import type { BeaconChain, BeaconRound } from '../src/core/beacon-rounds.ts'
import { bytesOfHex, hexOf } from '../src/core/hex.ts'
import type { Line } from '../src/core/line.ts'
import { boundedText } from '../src/http/body.ts'
import { logWarning } from '../src/log/log.ts'
import { errorText } from '../src/log/scrub.ts'

/** The setting `draw_beacon`. */
export interface BeaconSettings {
  readonly url: string
  /** The hash of the chain's information, which names the chain. */
  readonly hash: string
}

/** Runs an event of the object that tells the line what was read. */
export type BeaconEvent = (work: (line: Line) => void) => void

const READ_TIMEOUT_MS = 5_000
const RETRY_MS = 1_000
/** The chain's clock, as long as no start is this near. */
const EARLY_RETRY_MS = 60_000
const NEAR_START_MS = 600_000
const ANSWER_MAX_BYTES = 10_000

const whole = v.pipe(v.number(), v.integer(), v.minValue(1))
const hex = (bytes: number) => v.pipe(v.string(), v.regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`)))
const infoSchema = v.object({ hash: hex(32), genesis_time: whole, period: whole })
const roundSchema = v.object({
  round: whole,
  randomness: hex(32),
  signature: v.pipe(v.string(), v.regex(/^([0-9a-f]{2})+$/)),
})

export class DrawBeacon {
  private readonly ctx: DurableObjectState
  private readonly tell: BeaconEvent
  private isReading = false
  private triedMs = Number.NEGATIVE_INFINITY

  constructor(ctx: DurableObjectState, tell: BeaconEvent) {
    this.ctx = ctx
    this.tell = tell
  }

  /** Starts the read that the line needs now, if any. */
  follow(room: string, line: Line, beacon: BeaconSettings | undefined, nowMs: number): void {
    const { draws, events, followedMs } = line.course
    const starts = events.filter(({ draw, startAtMs }) => draw && startAtMs > followedMs)
    if (!draws.isDrawing && starts.length === 0) return
    const { awaitedRound } = draws
    if (awaitedRound !== null) {
      const { chain } = draws
      if (chain !== null && nowMs >= roundMs(chain, awaitedRound.round))
        this.read(room, nowMs, RETRY_MS, () => this.readRound(awaitedRound))
    } else if (beacon === undefined) draws.chain = null
    else if (!draws.isDrawing && !isSameChain(draws.chain, beacon)) {
      const isNear = starts.some(({ startAtMs }) => startAtMs - nowMs < NEAR_START_MS)
      this.read(room, nowMs, isNear ? RETRY_MS : EARLY_RETRY_MS, () => this.readChain(beacon))
    }
  }

  private read(room: string, nowMs: number, retryMs: number, work: () => Promise<void>): void {
    if (this.isReading || Math.abs(nowMs - this.triedMs) < retryMs) return
    this.isReading = true
    this.triedMs = nowMs
    const reading = work()
      .catch((error) => logWarning('draw_beacon_failed', { room, error: errorText(error) }))
      .finally(() => {
        this.isReading = false
      })
    this.ctx.waitUntil(reading)
  }

  private async readChain({ url, hash }: BeaconSettings): Promise<void> {
    const info = v.parse(infoSchema, await readJson(`${url}/${hash}/info`))
    if (info.hash !== hash) throw new Error('the beacon answers for another chain')
    const chain = { url, hash, genesisSeconds: info.genesis_time, periodSeconds: info.period }
    this.tell(({ course }) => {
      course.draws.chain = chain
    })
  }

  private async readRound({ url, hash, round }: BeaconRound): Promise<void> {
    const answer = v.parse(roundSchema, await readJson(`${url}/${hash}/public/${round}`))
    if (answer.round !== round) throw new Error(`the beacon answers with round ${answer.round} instead of ${round}`)
    const expected = hexOf(sha256(bytesOfHex(answer.signature)))
    if (answer.randomness !== expected) throw new Error('the randomness is not the hash of its signature')
    this.tell(({ course }) => course.provideRandomness(round, answer.randomness))
  }
}

/** When a round is published, ms since 1970: round 1 at the genesis. */
function roundMs({ genesisSeconds, periodSeconds }: BeaconChain, round: number): number {
  return (genesisSeconds + (round - 1) * periodSeconds) * 1000
}

function isSameChain(chain: BeaconChain | null, { url, hash }: BeaconSettings): boolean {
  return chain !== null && chain.url === url && chain.hash === hash
}

async function readJson(url: string): Promise<unknown> {
  const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(READ_TIMEOUT_MS) })
  const text = await boundedText(response, ANSWER_MAX_BYTES)
  if (!response.ok) throw new Error(`the beacon answers ${response.status}`)
  if (text === null) throw new Error('the answer of the beacon is too long')
  return JSON.parse(text)
}
