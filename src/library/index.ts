/**
 * The package: a waiting room as a part of a Worker. docs/library.md explains its use. Unlike the
 * deployable Worker it brings the files of the operators' page, so that its user needs no [assets].
 */
import style from '../../public/admin/admin.min.css'
import script from '../../public/admin/admin.min.js'
import start from '../../public/admin/start.min.js'
import type { WaitingRoom, WaitingRoomOptions } from '../api.ts'
import { createWaitingRoom as create } from '../create.ts'

export type {
  Bindings,
  KeepAlive,
  Next,
  ObjectClass,
  ObjectNamespace,
  SettingsInput,
  Visit,
  WaitingRoom,
  WaitingRoomOptions,
} from '../api.ts'

/**
 * Reads nothing before the first event, or the call of `check`.
 * @throws Error if the prefix cannot be one
 */
export function createWaitingRoom<E extends object = Cloudflare.Env>(
  options: WaitingRoomOptions<E> = {},
): WaitingRoom<E> {
  return create(options, { 'start.min.js': start, 'admin.min.js': script, 'admin.min.css': style })
}
