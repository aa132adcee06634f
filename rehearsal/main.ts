/** `npm run rehearse`: a crowd against a staging room, and a report (docs/rehearsal.md). */
import { HELP, parseOptions, UsageError } from './options.ts'
import { writeReport } from './report.ts'
import { rehearse } from './run.ts'

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2))
  if (options.help) {
    process.stdout.write(HELP)
    return 0
  }
  const interruption = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interruption.abort())
  const { REHEARSAL_TOKEN: rehearsalToken, ADMIN_TOKEN: adminToken } = process.env
  const rehearsed = await rehearse(options, { rehearsalToken, adminToken }, process.stdout, interruption.signal)
  const file = writeReport(rehearsed)
  process.stdout.write(`${rehearsed.problems.map((each) => `rehearse: ${each}\n`).join('')}Report: ${file}\n`)
  return rehearsed.problems.length === 0 ? 0 : 1
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(`rehearse: ${error instanceof Error ? error.message : String(error)}`)
    if (error instanceof UsageError) console.error('rehearse: all options: npm run rehearse -- --help')
    process.exit(error instanceof UsageError ? 2 : 1)
  },
)
