/**
 * The least that a proxy of the same make can do: read the request, send it on, send the answer back. No key, no hold,
 * no record, no look into the body. What the gateway costs beyond this is the price of governing.
 */
import { createServer } from 'node:http'
import { Pool } from 'undici'

const pool = new Pool(process.argv[2] ?? '', { connections: null, pipelining: 1 })

const server = createServer((request, response) => {
  const body: Buffer[] = []
  request.on('data', (piece: Buffer) => body.push(piece))
  request.on('end', () => {
    const headers = { 'content-type': 'application/json' }
    pool.dispatch(
      { method: 'POST', path: request.url ?? '/', headers, body: Buffer.concat(body) },
      {
        onRequestStart() {},
        onResponseStart(_, status, answered) {
          response.writeHead(status, {
            'content-type': String(answered['content-type']),
            ...(answered['content-length']
              ? { 'content-length': String(answered['content-length']) }
              : {}),
          })
        },
        onResponseData(controller, piece) {
          if (response.write(piece)) return
          controller.pause()
          response.once('drain', () => controller.resume())
        },
        onResponseEnd() {
          response.end()
        },
        onResponseError() {
          response.destroy()
        },
      },
    )
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.({ port: typeof address === 'object' && address ? address.port : 0 })
})
process.on('disconnect', () => process.exit())
