/** The API process's port, on loopback and told to the gateway alone: the API itself, and the ways into leases beside it. */
import { createServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import type { LeaseProxy } from './proxy/lease-proxy.ts'

export interface ApiServer {
  readonly port: number
  readonly close: () => Promise<void>
}

export function startApiServer(app: Hono, proxy: LeaseProxy): Promise<ApiServer> {
  const answer = getRequestListener(app.fetch)
  const upgraded = new Set<Duplex>()
  // A body may take as long as it needs: who is in front of this port bounds what comes from outside.
  const server = createServer({ requestTimeout: 0 }, (request, response) => {
    if (proxy.takes(request.url ?? '')) proxy.serve(request, response)
    else void answer(request, response)
  })
  server.on('upgrade', (request, socket, head) => {
    upgraded.add(socket)
    socket.on('close', () => upgraded.delete(socket))
    proxy.upgrade(request, socket, head)
  })
  const close = () =>
    new Promise<void>((closed) => {
      server.close(() => closed())
      server.closeAllConnections()
      for (const socket of upgraded) socket.destroy()
    })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve({ port: typeof address === 'object' && address ? address.port : 0, close })
    })
  })
}
