/** `GET /admin`: the operators' page, and its built files from the binding ASSETS. */
import type { Context, Handler } from 'hono'
import type { AppEnv } from '../app-env.ts'
import { problem } from '../http/problem.ts'
import { ADMIN_PAGE, ownPageHeaders } from '../pages/operator-pages.ts'

const HEADERS = ownPageHeaders({ script: "'self'", style: "'self'", connect: "'self'" })

const TYPES: Readonly<Record<string, string>> = {
  'admin.min.js': 'text/javascript; charset=utf-8',
  'admin.min.css': 'text/css; charset=utf-8',
}

export function adminPage(c: Context<AppEnv>): Response {
  if (c.var.deployment.assets === null) return problem(404, 'No page', 'This deployment has no binding ASSETS.')
  return new Response(ADMIN_PAGE, { headers: { ...HEADERS, 'Content-Type': 'text/html; charset=utf-8' } })
}

export const ADMIN_FILES = Object.keys(TYPES)

export function adminFile(name: string): Handler<AppEnv> {
  return async function adminFile(c) {
    const type = TYPES[name]
    const { assets } = c.var.deployment
    if (type === undefined || assets === null) return problem(404, 'No such path')
    const file = await assets.fetch(`https://assets.invalid/admin/${name}`)
    if (!file.ok) return problem(404, 'No such path')
    // Asked for anew after each deploy: the page and its script belong together.
    const headers = { ...HEADERS, 'Content-Type': type, 'Cache-Control': 'no-cache' }
    return new Response(file.body, { headers })
  }
}
