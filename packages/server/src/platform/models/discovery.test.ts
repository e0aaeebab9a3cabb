import { once } from 'node:events'
import { type RequestListener, createServer } from 'node:http'
import { type Server, type Socket, createServer as createSocketServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { type Candidate, WELL_KNOWN, findServers } from './discovery.ts'

const open: { close: () => void }[] = []
afterEach(() => {
  for (const server of open.splice(0)) server.close()
})

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push({
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it has no port')
  return address.port
}

const http = (listener: RequestListener) => listen(createServer(listener))

function serving(models: readonly object[] | null): Promise<number> {
  return http((request, response) => {
    if (request.url !== '/v1/models') response.writeHead(404).end()
    else response.end(JSON.stringify({ object: 'list', data: models }))
  })
}

const unnamed = (port: number): Candidate => ({ port, product: null })
const quick = { timeoutMs: 2000 }

describe('the discovery of servers', () => {
  test('knows the ports of Ollama, LM Studio, vLLM, llama.cpp and SGLang', () => {
    expect(WELL_KNOWN.map(({ port }) => port)).toEqual([11434, 1234, 8000, 8080, 30000])
  })

  test.each([
    ['vllm', 'vLLM'],
    ['sglang', 'SGLang'],
    ['llamacpp', 'llama.cpp'],
    ['somebody', 'OpenAI-compatible server'],
  ])('names a server whose models belong to %s as %s', async (owner, want) => {
    const port = await serving([{ id: 'a', owned_by: owner }, { id: 'b' }])
    expect(await findServers({ ...quick, candidates: [unnamed(port)] })).toEqual([
      { url: `http://127.0.0.1:${port}/v1`, product: want, models: ['a', 'b'] },
    ])
  })

  test('names the product whose own port it is, also when it has no models yet', async () => {
    const port = await serving(null)
    const candidates = [{ port, product: 'Ollama' }]
    expect(await findServers({ ...quick, candidates })).toMatchObject([
      { product: 'Ollama', models: [] },
    ])
  })

  test('never reports ourselves, by port or by name', async () => {
    const excluded = await serving([{ id: 'a' }])
    const ours = await serving([{ id: 'toy', owned_by: 'spillway' }])
    const candidates = [unnamed(excluded), unnamed(ours)]
    expect(await findServers({ ...quick, candidates, exclude: [excluded] })).toEqual([])
  })

  test.each<[string, RequestListener]>([
    ['a web page', (_, response) => response.end('<html></html>')],
    [
      'another JSON document',
      (_, response) => response.end('{"object":"list","data":[{"name":1}]}'),
    ],
    ['JSON cut off', (_, response) => response.end('{"object":"list","data":[')],
    ['a refusal', (_, response) => response.writeHead(401).end('{"object":"list","data":[]}')],
    ['a redirect', (_, response) => response.writeHead(302, { location: '/elsewhere' }).end()],
    ['more than a list of models can be', (_, response) => response.end(' '.repeat(2_000_000))],
  ])('passes over %s', async (_, listener) => {
    const port = await http(listener)
    expect(await findServers({ ...quick, candidates: [unnamed(port)] })).toEqual([])
  })

  test('is not held up by sockets that never answer, nor by ports where nobody listens', async () => {
    const silent = await listen(createSocketServer(() => undefined))
    const dripping = await listen(
      createSocketServer((socket) =>
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{'),
      ),
    )
    const speaking = await listen(
      createSocketServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')),
    )
    const closed = await serving([])
    open.pop()?.close()
    const good = await serving([{ id: 'a' }])

    const found = await findServers({
      timeoutMs: 1500,
      candidates: [silent, dripping, speaking, closed, good].map(unnamed),
    })

    expect(found.map(({ url }) => url)).toEqual([`http://127.0.0.1:${good}/v1`])
  })
})
