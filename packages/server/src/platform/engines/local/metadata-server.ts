/**
 * The attempt's metadata on loopback: its notice in the shape of the AWS spot metadata, and its lease. HTTP by hand on
 * a socket, because `node:http` costs every shim 12 MB. It answers one GET per connection and keeps nothing.
 */
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import type { Admission } from '#platform/engines/engine.ts'
import type { AdmissionRecord, AttemptPaths } from './attempt-folder.ts'
import { readText } from './durable-file.ts'

const REQUEST_BYTES_MAX = 8192
const REQUEST_TIMEOUT_MS = 5000

export interface MetadataServer {
  /** Such as `http://127.0.0.1:41234/6b0f…`, without a slash at the end. */
  readonly url: string
  readonly close: () => void
}

/** Takes a port of its own. */
export async function serveMetadata(
  record: AdmissionRecord,
  paths: AttemptPaths,
): Promise<MetadataServer> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { url: serveMetadataOn({ server, port }, record, paths), close: () => server.close() }
}

/** Answers on a socket that listens already, perhaps on the loopback of another network namespace. */
export function serveMetadataOn(
  { server, port }: { readonly server: Server; readonly port: number },
  record: AdmissionRecord,
  paths: AttemptPaths,
): string {
  server.on('connection', (socket) => {
    serveSocket(socket, async (request) => {
      const instanceAction = await readText(paths.instanceAction)
      const rebalance = await readText(paths.rebalance)
      return answerMetadata(request, { record, instanceAction, rebalance })
    })
  })
  return `http://127.0.0.1:${port}/${record.token}`
}

/** What is known when somebody asks. */
export interface MetadataState {
  readonly record: Pick<AdmissionRecord, 'admission' | 'token'>
  /** The notice's document, when it has been given. */
  readonly instanceAction: string | null
  /** The warning's document, when there has been one. */
  readonly rebalance: string | null
}

/** The whole HTTP answer to the head of a request. Pure. */
export function answerMetadata(
  request: string,
  { record, instanceAction, rebalance }: MetadataState,
): string {
  const [method = '', path = ''] = request.split('\r\n', 1)[0]?.split(' ') ?? []
  const route = path.split('?', 1)[0]
  if (route === `/${record.token}/lease`) return ok(method, renderLease(record.admission))
  const documents: Readonly<Record<string, string | null>> = {
    [`/${record.token}/spot/instance-action`]: instanceAction,
    [`/${record.token}/events/recommendations/rebalance`]: rebalance,
  }
  const document = documents[route ?? ''] ?? null
  if (document === null)
    return respond('404 Not Found', { type: 'text/plain', body: 'Not found\n' })
  return ok(method, document.trim())
}

function renderLease({ leaseId, attemptId, placements }: Admission): string {
  const [{ node, slots } = { node: '', slots: [] }] = placements
  return JSON.stringify({ lease: leaseId, attempt: attemptId, node, slots })
}

function ok(method: string, body: string): string {
  if (method === 'GET') return respond('200 OK', { type: 'application/json', body })
  return respond('405 Method Not Allowed', { type: 'text/plain', body: 'Only GET is answered\n' })
}

function respond(status: string, { type, body }: { type: string; body: string }): string {
  const head = [
    `HTTP/1.1 ${status}`,
    `Content-Type: ${type}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

/** Reads the head of one request, then sends the answer and closes. */
function serveSocket(socket: Socket, answer: (request: string) => Promise<string>): void {
  let request = ''
  let isAnswered = false
  socket.setEncoding('latin1')
  socket.setTimeout(REQUEST_TIMEOUT_MS, () => socket.destroy())
  // A client that goes away in the middle has no claim to an answer.
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    request += String(chunk)
    if (request.length > REQUEST_BYTES_MAX) socket.destroy()
    if (isAnswered || !request.includes('\r\n\r\n')) return
    isAnswered = true
    answer(request).then(
      (text) => socket.end(text),
      () => socket.destroy(),
    )
  })
}
