import { smallPage } from '../gate/answers.ts'
import { problem } from '../http/problem.ts'

export interface Refusal {
  readonly status: number
  /** For programs. `detail` says what to send. */
  readonly title: string
  readonly detail: string
  /** For people: which small page, and where its link leads. */
  readonly page: 'foreign' | 'unreadable' | 'unknownLanguage' | 'unreachable'
  readonly backUrl: string
  readonly headers?: Record<string, string>
}

/** Refuses a call that people and programs both make: with a small page, or with problem details. */
export function refusal(request: Request, reader: 'person' | 'program', refused: Refusal): Response {
  const { status, title, detail, page, backUrl, headers = {} } = refused
  if (reader === 'program') return problem(status, title, detail, headers)
  return smallPage(
    request,
    status,
    ({ [page]: texts, back }) => {
      return { title: texts.title, text: texts.text, link: { href: backUrl, label: back } }
    },
    { headers },
  )
}
