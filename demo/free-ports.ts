/** Free ports for servers that do not choose or report one themselves. */
import { createServer } from 'node:net'

/**
 * Below the ports that systems give to outgoing connections: one of those may be taken again before
 * the child listens. Browsers refuse none of these.
 */
const PORTS = { first: 20_000, count: 12_000 }
const PORT_ATTEMPTS_MAX = 100

/**
 * Different ports of 127.0.0.1 that are free at this moment.
 * @throws Error if hardly any port is free
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  for (let attempt = 0; attempt < PORT_ATTEMPTS_MAX && ports.size < count; attempt++) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count)
    if (await isFree(port)) ports.add(port)
  }
  if (ports.size < count) throw new Error(`No free port found from ${PORTS.first} on: end some of the servers there.`)
  return [...ports]
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
