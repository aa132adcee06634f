/** The live table in the terminal: rewritten each second, or a line each 10 s in a log. */
import { analyse } from './analysis.ts'
import type { VisitRecord } from './record.ts'

const EVERY_MS = 1_000
const LINES_PER_LOG = 10

interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
}

/** Returns a function that ends the table. */
export function liveTable(output: Output, records: readonly VisitRecord[], planned: number): () => void {
  const startMs = Date.now()
  let [shown, rounds] = [0, 0]
  const show = () => {
    const isTerminal = output.isTTY === true
    if (!isTerminal && rounds++ % LINES_PER_LOG !== 0) return
    const rows = tableRows(records, planned, Date.now() - startMs)
    if (isTerminal) {
      output.write(`${shown === 0 ? '' : `\x1b[${shown}A`}${rows.map((row) => `\x1b[2K${row}\n`).join('')}`)
      shown = rows.length
    } else output.write(`${rows.map((row) => row.replace(/ +/g, ' ')).join('; ')}\n`)
  }
  const timer = setInterval(show, EVERY_MS)
  return () => {
    clearInterval(timer)
    show()
  }
}

function tableRows(records: readonly VisitRecord[], planned: number, ms: number): string[] {
  const { waits, errors, requests, siteMs, violations } = analyse(records)
  const inLine = records.filter((each) => each.outcome === null && each.admittedMs === null && each.number !== null)
  const onSite = records.filter((each) => each.outcome === null && each.admittedMs !== null)
  const count = (outcome: string) => records.filter((each) => each.outcome === outcome).length
  const row = (name: string, text: string) => `  ${name.padEnd(18)}${text}`
  return [
    row('time', `${(ms / 1000).toFixed(0)} s`),
    row('arrived', `${records.length} of ${planned}`),
    row('in line', `${inLine.length}`),
    row('on the site', `${onSite.length}`),
    row('done', `${count('served')} served, ${count('gave-up')} left the line, ${count('turned-away')} turned away`),
    row('wait', `median ${waits.p50.toFixed(1)} s, 90% within ${waits.p90.toFixed(1)} s`),
    row('site answers', `median ${siteMs.p50.toFixed(0)} ms, 90% within ${siteMs.p90.toFixed(0)} ms`),
    row('requests', `${requests}, errors ${Object.values(errors).reduce((sum, each) => sum + each, 0)}`),
    row('out of order', `${violations.length}`),
  ]
}
