/** The port that the command of a service is told: the one that was asked for, or one that is free now. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Admission } from '#platform/engines/engine.ts'

/** Null for what is no service. */
export async function choosePort({ service }: Pick<Admission, 'service'>): Promise<number | null> {
  if (!service) return null
  if (service.port !== 0) return service.port
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : null
}
