/**
 * A hub for tests: a real HTTP server that speaks the protocol of Hugging Face for one file, with a content server of
 * its own behind a redirect. It can cut connections, lie about checksums and forget how to continue.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { assert } from '#kernel/assert.ts'

export interface HubBehaviour {
  /** The content; changing it changes its checksum and entity tag. */
  bytes: Buffer
  /** What the hub says the checksum is; null for small files, which have none. Absent: the true one. */
  sha256?: string | null
  /** Cut the connection after so many bytes of the body, once for each entry. */
  cuts: number[]
  /** The content server sends everything whatever was asked. */
  ignoresRange: boolean
  /** The hub refuses with this status and these headers. */
  refusal: { readonly status: number; readonly headers?: Record<string, string> } | null
  /** The repository was renamed: the hub redirects within itself first. */
  isRenamed: boolean
}

export interface SeenRequest {
  readonly server: 'hub' | 'content'
  readonly method: string
  readonly url: string
  readonly range: string | null
  readonly authorization: string | null
}

export interface HubSimulator {
  readonly url: string
  readonly behaviour: HubBehaviour
  readonly seen: readonly SeenRequest[]
  readonly close: () => Promise<void>
}

export async function startHub(bytes: Buffer): Promise<HubSimulator> {
  const behaviour: HubBehaviour = {
    bytes,
    cuts: [],
    ignoresRange: false,
    refusal: null,
    isRenamed: false,
  }
  const seen: SeenRequest[] = []
  const see = (
    server: SeenRequest['server'],
    { method = '', url = '', headers }: IncomingMessage,
  ) =>
    seen.push({
      server,
      method,
      url,
      range: headers.range ?? null,
      authorization: headers.authorization ?? null,
    })
  const content = createServer((request, response) => {
    see('content', request)
    sendContent(behaviour, request, response)
  })
  const contentUrl = await listen(content)
  const hub = createServer((request, response) => {
    see('hub', request)
    sendPointer(behaviour, { request, response, contentUrl })
  })
  const url = await listen(hub)
  return {
    url,
    behaviour,
    seen,
    close: () => Promise.all([hub, content].map(stop)).then(() => undefined),
  }
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert(address !== null && typeof address === 'object', 'a listening server has a port')
  return `http://127.0.0.1:${address.port}`
}

function stop(server: Server): Promise<unknown> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(resolve))
}

export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

interface PointerExchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly contentUrl: string
}

function sendPointer(
  behaviour: HubBehaviour,
  { request, response, contentUrl }: PointerExchange,
): void {
  const { refusal, isRenamed, bytes, sha256 } = behaviour
  if (refusal) return void response.writeHead(refusal.status, refusal.headers).end()
  if (isRenamed && !request.url?.startsWith('/new/')) {
    const location = `/new${(request.url ?? '').slice('/old'.length)}`
    return void response.writeHead(307, { location }).end()
  }
  const checksum = sha256 === undefined ? sha256Of(bytes) : sha256
  const linked =
    checksum === null
      ? {}
      : { 'x-linked-etag': `"${checksum}"`, 'x-linked-size': String(bytes.length) }
  response.writeHead(302, { location: `${contentUrl}/blob?signature=1`, ...linked }).end()
}

function sendContent(
  behaviour: HubBehaviour,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { bytes, ignoresRange } = behaviour
  const etag = `"${sha256Of(bytes).slice(0, 16)}"`
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
  const mayContinue = from > 0 && !ignoresRange && request.headers['if-range'] === etag
  const body = mayContinue ? bytes.subarray(from) : bytes
  const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`
  response.writeHead(mayContinue ? 206 : 200, {
    etag,
    'content-length': body.length,
    ...(mayContinue && { 'content-range': range }),
  })
  const cut = behaviour.cuts.shift()
  if (cut === undefined) response.end(body)
  else response.write(body.subarray(0, cut), () => response.destroy())
}
