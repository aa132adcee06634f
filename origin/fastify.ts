/** For Fastify. */
import type { Guard } from './guard.ts'
import type { Admission } from './verify-token.ts'

interface FastifyRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly method: string
  /** As sent, whatever `rewriteUrl` made of it. */
  readonly originalUrl: string
}

interface FastifyReply {
  code(status: number): unknown
  header(name: string, value: string): unknown
  send(body: string): unknown
}

interface FastifyInstance {
  decorateRequest(name: 'waitingRoom', value: null): unknown
  addHook(name: 'onRequest', hook: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>): unknown
}

type FastifyPlugin = (fastify: FastifyInstance, options: unknown) => Promise<void>

/** `await app.register(fastifyPlugin(guard))`. Handlers read `request.waitingRoom`. */
export function fastifyPlugin(guard: Guard): FastifyPlugin {
  async function waitingRoom(fastify: FastifyInstance): Promise<void> {
    fastify.decorateRequest('waitingRoom', null)
    fastify.addHook('onRequest', async (request, reply) => {
      const { headers, method, originalUrl } = request
      const verdict = await guard.check({ headers, method, url: originalUrl })
      if (verdict.admitted) {
        ;(request as { waitingRoom?: Admission | null }).waitingRoom = verdict.admission
        return
      }
      const { status, headers: fields, body } = verdict.answer
      reply.code(status)
      // Fastify keeps several values of `Set-Cookie`.
      for (const [name, value] of fields) reply.header(name, value)
      return reply.send(body)
    })
  }
  // Otherwise the hook would apply to the routes of this plugin only, which has none.
  return Object.assign(waitingRoom, { [Symbol.for('skip-override')]: true })
}
