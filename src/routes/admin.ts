/** The operators' page, with its built files from the binding ASSETS. */
import type { Call, Handler } from '../app-env.ts'
import { problem } from '../http/problem.ts'
import { ADMIN_PAGE, ownPageHeaders } from '../pages/operator-pages.ts'

const HEADERS = ownPageHeaders({ script: "'self'", style: "'self'", connect: "'self'" })

const TYPES: Readonly<Record<string, string>> = {
  'admin.min.js': 'text/javascript; charset=utf-8',
  'admin.min.css': 'text/css; charset=utf-8',
}

export const ADMIN_FILES = Object.keys(TYPES)

/** `GET /admin` */
export function adminPage({ deployment }: Call): Response {
  if (deployment.assets === null) return problem(404, 'No page', 'This deployment has no binding ASSETS.')
  return new Response(ADMIN_PAGE, { headers: { ...HEADERS, 'Content-Type': 'text/html; charset=utf-8' } })
}

/** @param name one of `ADMIN_FILES` */
export function adminFile(name: string): Handler {
  return async function answerAdminFile({ deployment: { assets } }) {
    const file = await assets?.fetch(`https://assets.invalid/admin/${name}`)
    if (file?.ok !== true) return problem(404, 'No such path')
    // Browsers revalidate after each deploy: the page and its script belong together.
    const headers = { ...HEADERS, 'Content-Type': TYPES[name] as string, 'Cache-Control': 'no-cache' }
    return new Response(file.body, { headers })
  }
}
