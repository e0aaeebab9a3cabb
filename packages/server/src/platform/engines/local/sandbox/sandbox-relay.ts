/**
 * The door of a service in a sandbox, from inside: takes connections of a socket that was opened outside, and passes
 * them on to the service's port on the sandbox's own loopback. It may be looked into and ended by the command beside it.
 *
 * Usage: node sandbox-relay.mjs <port>, with the socket as the first message of its channel
 */
import { connect } from 'node:net'
import type { Server, Socket } from 'node:net'

const port = Number(process.argv[2])

/** Either way until both ends have said all; what breaks on one side breaks on the other. */
function join(caller: Socket, service: Socket): void {
  caller.pipe(service)
  service.pipe(caller)
  for (const [one, other] of [
    [caller, service],
    [service, caller],
  ] as const) {
    one.on('error', () => other.destroy())
    one.on('close', () => other.destroySoon())
  }
}

function open(caller: Socket): void {
  const service = connect({ port, host: 'localhost', autoSelectFamily: true })
  caller.on('error', () => service.destroy())
  service.on('error', () => caller.destroy())
  service.once('connect', () => join(caller, service))
}

process.once('message', (_, door) => {
  const server = door as Server
  server.on('connection', open)
  // Asked to end with all the others, it lets the service say its last; what does not end is killed.
  process.on('SIGTERM', () => server.close())
  process.send?.('open', undefined, undefined, () => process.disconnect())
})
