/** A Worker without Hono that has three waiting rooms, one of them with invalid settings. */
import { createWaitingRoom, type Visit } from 'edge-waiting-room'

interface Env {
  readonly KEYS: string
  readonly SHOP_ROOMS: DurableObjectNamespace<ShopRoom>
  readonly STAGE_ROOMS: DurableObjectNamespace<StageRoom>
}

const table = { total_active_users: 1, new_users_per_minute: 600 }

const shop = createWaitingRoom<Env>({
  prefix: '/shop/queue',
  settings: ({ KEYS }) => ({ SIGNING_KEYS: KEYS, ROOMS: [{ ...table, name: 'shop', path: '/shop' }] }),
  bindings: ({ SHOP_ROOMS }) => ({ WAITING_ROOM: SHOP_ROOMS }),
})

const stage = createWaitingRoom<Env>({
  prefix: '/__stage',
  settings: ({ KEYS }) => ({ SIGNING_KEYS: KEYS, ROOMS: [{ ...table, name: 'stage', path: '/stage' }] }),
  bindings: ({ STAGE_ROOMS }) => ({ WAITING_ROOM: STAGE_ROOMS }),
})

const broken = createWaitingRoom<Env>({
  prefix: '/__broken',
  settings: ({ KEYS }) => ({ SIGNING_KEYS: KEYS, ROOMS: [{ ...table, name: 'broken', path: 'nowhere' }] }),
  bindings: ({ STAGE_ROOMS }) => ({ WAITING_ROOM: STAGE_ROOMS }),
})

export class ShopRoom extends shop.WaitingRoom {}
export class StageRoom extends stage.WaitingRoom {}

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url)
    if (pathname.startsWith('/broken')) return broken.handle(request, env, ctx, () => site(pathname, undefined))
    try {
      return await shop.handle(request, env, ctx, (inShop) =>
        stage.handle(request, env, ctx, (onStage) => site(pathname, inShop ?? onStage)),
      )
    } catch (error) {
      return new Response(`caught: ${(error as Error).message}`, { status: 500 })
    }
  },
} satisfies ExportedHandler<Env>

function site(path: string, visit: Visit | undefined): Response {
  if (path.endsWith('/fail')) throw new TypeError('no such seat')
  const headers = new Headers({ 'Content-Type': 'text/html' })
  headers.append('Set-Cookie', 'basket=1')
  if (path.endsWith('/logout')) headers.set('Waiting-Room-Command', 'revoke')
  return new Response(`<!doctype html><title>Site</title><p>${JSON.stringify(visit ?? null)}`, { headers })
}
