import { createServer, request } from 'node:http'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { dial, dialing } from './dial.ts'
import type { Address } from './engine.ts'
import { checkHealth } from './health-check.ts'
import { openSealedDoor, type SealedDoor } from './sealed-line.ts'

const KEY = 'ab'.repeat(32)
const HOST = '127.0.0.1'

let service: Server
let door: SealedDoor
let servicePort: number | null

beforeEach(async () => {
  service = createServer((asked, answer) => void asked.pipe(answer))
  service.on('upgrade', (_, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
    socket.pipe(socket)
  })
  await new Promise<void>((resolve) => service.listen(0, HOST, resolve))
  const address = service.address()
  servicePort = typeof address === 'object' ? (address?.port ?? null) : null
  const find = () => (servicePort === null ? null : { host: HOST, port: servicePort })
  door = await openSealedDoor({ host: HOST, identity: 'att_1', key: KEY, find })
})

afterEach(() => {
  door.close()
  service.close()
  service.closeAllConnections()
})

const at = (changes: { key?: string; identity?: string; port?: number } = {}): Address => ({
  ...{ kind: 'sealed', host: HOST, port: door.port, identity: 'att_1', key: KEY },
  ...changes,
})

function post(address: Address, body: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const asking = request({ ...dialing(address), method: 'POST', path: '/' }, (answer) => {
      const pieces: Buffer[] = []
      answer.on('data', (piece: Buffer) => pieces.push(piece))
      answer.on('end', () => resolve(Buffer.concat(pieces)))
    })
    asking.on('error', reject)
    asking.end(body)
  })
}

test('requests pass whole in both directions, many at once', async () => {
  const bodies = Array.from({ length: 20 }, (_, index) => Buffer.alloc(300_000, index))
  const answers = await Promise.all(bodies.map((body) => post(at(), body)))
  expect(answers.map((answer, index) => answer.equals(bodies[index] ?? answer))).toEqual(
    bodies.map(() => true),
  )
})

test('a connection is upgraded through it', async () => {
  const headers = { connection: 'Upgrade', upgrade: 'echo' }
  const asking = request({ ...dialing(at()), headers })
  const said = await new Promise((resolve, reject) => {
    asking.on('error', reject)
    asking.on('upgrade', (_, socket) => {
      socket.once('data', (piece: Buffer) => {
        socket.destroy()
        resolve(piece.toString())
      })
      socket.write('hello')
    })
    asking.end()
  })
  expect(said).toBe('hello')
})

test.each([
  ['another key', { key: 'cd'.repeat(32) }],
  ['the name of another attempt', { identity: 'att_2' }],
])('it does not open to %s', async (_, changes) => {
  await expect(dial(at(changes))).rejects.toThrow()
})

test('it says nothing to who speaks without the seal', async () => {
  const said = await new Promise((resolve) => {
    const socket = connect(door.port, HOST)
    let text = ''
    socket.on('data', (piece: Buffer) => (text += piece.toString('latin1')))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => resolve(text))
    socket.write('GET / HTTP/1.1\r\n\r\n')
  })
  expect(said).not.toContain('HTTP')
})

test('who took the port of a door that is gone cannot play it', async () => {
  const find = () => ({ host: HOST, port: servicePort ?? 0 })
  const other = await openSealedDoor({ host: HOST, identity: 'att_1', key: 'ef'.repeat(32), find })
  await expect(dial(at({ port: other.port }))).rejects.toThrow()
  other.close()
})

test('an open door with nothing behind it is told apart from an open port', async () => {
  const check = { path: null, timeoutMs: 5000 }
  expect(await checkHealth(at(), check)).toEqual({ isHealthy: true, text: 'its port is open' })
  expect(await checkHealth(at(), { ...check, path: '/' })).toMatchObject({ isHealthy: true })
  servicePort = null
  await expect(dial(at())).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  const nothing = { isHealthy: false, text: 'nothing listens at its port' }
  expect(await checkHealth(at(), check)).toEqual(nothing)
  expect(await checkHealth(at(), { ...check, path: '/' })).toEqual(nothing)
})

test('a service that ended between two looks is nothing that listens', async () => {
  service.close()
  service.closeAllConnections()
  await expect(dial(at())).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})
