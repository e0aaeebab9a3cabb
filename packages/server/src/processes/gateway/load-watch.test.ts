/** Replicas that say how busy they are get requests accordingly; those that say nothing go on as before. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, test } from 'vitest'
import { addModel } from '../../../test/gateway/installation.ts'
import { addRoute } from '../../../test/gateway/routing.ts'
import { renderCompletion } from '../../../test/gateway/simulated-answer.ts'
import { ask, makeStand, told, untilTrue } from '../../../test/gateway/stand.ts'

const stand = await makeStand()
const servers: Server[] = []

interface Replica {
  readonly url: string
  metrics: string | null
}

/** Answers every request, and says of itself what it is told to. */
async function startReplica(): Promise<Replica> {
  const replica: { url: string; metrics: string | null } = { url: '', metrics: null }
  const script = { model: 'm', tokens: 2, usage: 'as_asked', isCounted: true } as const
  const server = createServer((request, response) => {
    request.resume()
    if (request.url === '/metrics') {
      response.statusCode = replica.metrics === null ? 404 : 200
      return void response.end(replica.metrics ?? 'nothing here')
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(renderCompletion({ ...script, isCountedContinuously: false })))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  replica.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  return replica
}

afterAll(() => {
  for (const server of servers) server.close().closeAllConnections()
})

test('requests go to the replica with less to do, by what they say of themselves', async () => {
  const [first, second] = [await startReplica(), await startReplica()]
  const busy = 'vllm:num_requests_waiting{engine="0"} 50\nvllm:kv_cache_usage_perc 0.5\n'
  const idle = 'vllm:num_requests_waiting{engine="0"} 0\nvllm:kv_cache_usage_perc 0.1\n'
  first.metrics = busy
  second.metrics = idle
  const { db } = stand.database
  await addModel(db, { name: 'watched', urls: [first.url, second.url] })
  await addRoute(db, 'watched', { groups: [{ name: 'ours', targets: [{ kind: 'replicas' }] }] })
  const targetOf = async () => {
    const body = { ...told({}), model: 'watched' }
    const response = await ask({ url: stand.gateway.url, key: stand.customer.key, body })
    return response.headers.get('x-spillway-target')
  }
  const allGoTo = (wanted: string) => async () => {
    const targets = []
    for (let index = 0; index < 6; index++) targets.push(await targetOf())
    return targets.every((target) => target === wanted)
  }
  await untilTrue(allGoTo('dep_watched/1'))
  first.metrics = idle
  second.metrics = busy
  await untilTrue(allGoTo('dep_watched/0'))
  // One that falls silent counts as one that says nothing, not as one that is busy.
  second.metrics = null
  await untilTrue(async () => (await targetOf()) === 'dep_watched/1')
})
