/**
 * A web server of a simulated customer on loopback, over plain HTTP or with a certificate of its own: keeps what it was
 * sent, and answers as the test says.
 */
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface WebReceiver {
  readonly url: string
  readonly port: number
  readonly received: readonly Received[]
  /** How it answers from now on. */
  answerWith: (answer: Answer) => void
  readonly stop: () => Promise<void>
}

export type Answer = (response: ServerResponse, request: Received) => void

export interface Certificate {
  readonly key: string
  readonly cert: string
}

async function read(request: IncomingMessage): Promise<Received> {
  let body = ''
  for await (const piece of request) body += String(piece)
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)])
  return { path: request.url ?? '', headers: Object.fromEntries(headers), body }
}

export async function startWebReceiver(
  answer: Answer = (response) => response.writeHead(204).end(),
  certificate?: Certificate,
): Promise<WebReceiver> {
  const received: Received[] = []
  let answerNow = answer
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    void read(request).then(
      (whole) => {
        received.push(whole)
        answerNow(response, whole)
      },
      () => response.destroy(),
    )
  }
  const server = certificate ? createHttps(certificate, handle) : createHttp(handle)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    url: `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    received,
    answerWith: (next) => {
      answerNow = next
    },
    stop: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
