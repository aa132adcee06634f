import { freePorts } from '../../../demo/free-ports.ts'

/** A port of the loopback interface, for a server that does not choose or report one itself. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  return port as number
}
