/** Runs `npm run rooms` against a Worker, in this process. */
import { type Printed, runCommand } from '../../../scripts/rooms/command.ts'
import { ADMIN_TOKEN } from './worker-config.ts'
import type { Server } from './workerd.ts'

export function runRooms(
  server: Server,
  args: readonly string[],
  token: string | undefined = ADMIN_TOKEN,
): Promise<Printed> {
  const env = { WAITING_ROOM_URL: `http://127.0.0.1:${server.port}/__waiting-room`, WAITING_ROOM_TOKEN: token }
  return runCommand(args, env)
}
