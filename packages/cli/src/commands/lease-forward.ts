/** `spillway lease forward`: a service of a lease at a port of this machine. */
import { Argument, type Command, InvalidArgumentError } from 'commander'
import { addCommand, type Call, type Context } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { openLocalPort } from '../forward/local-port.ts'
import { findLease, leaseArgument } from './lease-argument.ts'

const LOOK_EVERY_MS = 5000

export function addLeaseForward(group: Command, context: Context): void {
  addCommand(group, context, {
    usage: 'forward',
    summary: 'Reach the service of a lease at a port of this machine',
    details:
      'Requests and upgraded connections, such as web sockets, go through the installation with your key; the service ' +
      'sees an Authorization header of its own. It listens on loopback, until Ctrl-C or the end of the lease.',
    example: 'spillway lease forward 4kq2 8080',
    persona: 'demo',
    arguments: [
      leaseArgument(),
      new Argument('[local-port]', 'default: one that is free').argParser(localPort).default(0),
    ],
    run: forward,
  })
}

function localPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new InvalidArgumentError('Write a port from 1 to 65535.')
}

async function forward(call: Call): Promise<number> {
  const { output, surroundings } = call
  const leaseId = await findLease(call)
  const client = call.client()
  const { mode, state } = await client.getLease({ params: { id: leaseId } })
  if (mode !== 'service' || state === 'ended')
    throw new Failure(
      mode === 'service'
        ? `The lease ${leaseId} has ended.`
        : `The lease ${leaseId} is no service.`,
      { remedy: 'Make one: spillway lease create --port auto -- COMMAND' },
    )
  const port = Number(call.words[1] ?? 0)
  const over = new AbortController()
  const stopInterrupts = surroundings.onInterrupt(() => over.abort())
  const local = await openLocalPort({ connection: call.connection(), leaseId, port }).catch(
    (cause: NodeJS.ErrnoException) => {
      throw new Failure(`The port ${port} cannot be had: ${cause.code ?? cause.message}.`, {
        remedy: 'Name another, or none.',
      })
    },
  )
  try {
    await call.present({ url: local.url, leaseId }, ({ url }) => url)
    if (!call.isJson) await output.note(`forwards to the service of ${leaseId}; Ctrl-C ends it`)
    while (!over.signal.aborted) {
      await surroundings.wait(LOOK_EVERY_MS, over.signal)
      // While the installation is away, requests are told so; only a lease that is known to be over ends this.
      const lease = await client.getLease({ params: { id: leaseId } }).catch(() => null)
      if (lease?.state === 'ended') {
        await output.note('The lease has ended.')
        break
      }
    }
    return EXIT.ok
  } finally {
    stopInterrupts()
    await local.close()
  }
}
