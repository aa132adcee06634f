/** examples/origins/python/verifier.py, which web servers ask. */

import { freePort } from '../../support/free-port.ts'
import { AUDIENCE, ISSUER, type Issuer } from './issuer.ts'
import { EXAMPLES, ServerProcess } from './process.ts'
import { SECRET } from './requests.ts'
import { PYTHON } from './sites.ts'

/** The settings of the verifier, and of Apache, which runs the same module. */
export const settingsFor = ({ jwksUrl }: Issuer) => ({
  WAITING_ROOM_ISSUER: ISSUER,
  WAITING_ROOM_AUDIENCE: `waiting-room:vip ${AUDIENCE}`,
  WAITING_ROOM_JWKS_URL: jwksUrl,
  WAITING_ROOM_ORIGIN_SECRET: SECRET,
})

export async function startVerifier(
  issuer: Issuer,
  settings: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const port = await freePort()
  const args = ['-m', 'uvicorn', 'verifier:application', '--host', '127.0.0.1', '--port', `${port}`, '--no-access-log']
  args.push('--app-dir', `${EXAMPLES}/python`)
  return ServerProcess.start(port, PYTHON?.path ?? '', args, { ...settingsFor(issuer), ...settings })
}
