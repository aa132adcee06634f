/** `GET /admin`: the operators' page, and its built files from the binding ASSETS. */
import type { Context } from 'hono'
import type { AppEnv } from '../app-env.ts'
import { ADMIN_PAGE } from '../pages/admin-page.ts'
import { ownPageHeaders } from '../pages/own-page-headers.ts'
import { problem } from '../problem.ts'

const HEADERS = ownPageHeaders({ script: "'self'", style: "'self'", connect: "'self'" })

const TYPES: Readonly<Record<string, string>> = {
  'admin.min.js': 'text/javascript; charset=utf-8',
  'admin.min.css': 'text/css; charset=utf-8',
}

export function adminPage(c: Context<AppEnv>): Response {
  if (c.var.deployment.assets === null) return problem(404, 'No page', 'This deployment has no binding ASSETS.')
  return new Response(ADMIN_PAGE, { headers: { ...HEADERS, 'Content-Type': 'text/html; charset=utf-8' } })
}

export async function adminFile(c: Context<AppEnv>): Promise<Response> {
  const name = c.req.param('file') ?? ''
  const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined
  const { assets } = c.var.deployment
  if (type === undefined || assets === null) return problem(404, 'No such path')
  const file = await assets.fetch(`https://assets.invalid/admin/${name}`)
  if (!file.ok) return problem(404, 'No such path')
  // Asked for anew after each deploy: the page and its script belong together.
  const headers = { ...HEADERS, 'Content-Type': type, 'Cache-Control': 'no-cache' }
  return new Response(file.body, { headers })
}
