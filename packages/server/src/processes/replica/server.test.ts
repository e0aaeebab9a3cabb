/** What the server says while there is no model yet; with a model, `../replica.test.ts` speaks to the whole process. */
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ReplicaServer, createReplicaServer } from './server.ts'

let replica: ReplicaServer
let url = ''

beforeEach(async () => {
  replica = createReplicaServer({
    modelName: 'toy',
    newId: () => '1',
    nowSeconds: () => 0,
    logFailure: (error) => {
      throw error
    },
  })
  replica.server.listen(0, '127.0.0.1')
  await once(replica.server, 'listening')
  const address = replica.server.address()
  if (address === null || typeof address === 'string') throw new Error('it has no port')
  url = `http://127.0.0.1:${address.port}`
})

afterEach(() => replica.server.close())

describe('a replica whose model is loading', () => {
  test('says so to whoever asks for its health', async () => {
    const response = await fetch(`${url}/health`)
    expect(response.status).toBe(503)
    expect(await response.json()).toEqual({ state: 'loading', model: 'toy' })
  })

  test('refuses work for now', async () => {
    const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', body: '{}' })
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('1')
    expect(await response.json()).toMatchObject({
      error: { type: 'server_error', message: 'The model is still loading.' },
    })
  })

  test('stops at once', async () => {
    await replica.stop(60_000)
    await expect(fetch(`${url}/health`)).rejects.toThrow()
  })
})
