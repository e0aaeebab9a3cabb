import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  launchGateway,
  makeFolders,
  startGateway,
  type GatewayFolders,
} from '../../../test/gateway/gateway-process.ts'
import { addCustomer, addModel, type Customer } from '../../../test/gateway/installation.ts'
import { ask, MODEL, readEvents, told } from '../../../test/gateway/stand.ts'
import {
  startUpstreamSimulator,
  type UpstreamSimulator,
} from '../../../test/gateway/upstream-simulator.ts'
import { cloneDatabase, untilTrue } from '../../../test/harness/index.ts'

const { db, url: databaseUrl } = await cloneDatabase()
let folders: GatewayFolders
let simulator: UpstreamSimulator
let customer: Customer

beforeAll(async () => {
  folders = makeFolders()
  simulator = await startUpstreamSimulator()
  customer = await addCustomer(db, { name: 'Ada', usd: '10' })
  await addModel(db, { name: MODEL, urls: [simulator.url] })
})
afterAll(async () => {
  await simulator.close()
  folders.remove()
})

const slow = told({ tokens: 50, delayMs: 20 }, { stream: true })

test('a port that is taken is told', async () => {
  // given
  const occupant = createServer()
  await new Promise<void>((resolve) => occupant.listen(0, '127.0.0.1', resolve))
  const address = occupant.address()
  const port = typeof address === 'object' && address ? address.port : 0
  // when
  const { exited, messages } = launchGateway({ databaseUrl, folders, port })
  // then
  expect(await exited).toBe(3)
  expect(messages).toContainEqual({
    type: 'port_taken',
    port,
    code: 'EADDRINUSE',
  })
  occupant.close()
})

test('settings that make no sense are told', async () => {
  const child = spawn(process.execPath, ['packages/server/src/processes/gateway.ts'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, SPILLWAY_GATEWAY: '{"port":"many"}' },
  })
  let said = ''
  child.stderr.on('data', (text: Buffer) => (said += text.toString()))
  expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(4)
  expect(said).toMatch(/databaseUrl/)
})

test('asked to stop, it frees the port at once, finishes its stream and ends in order', async () => {
  const first = await startGateway({ databaseUrl, folders })
  const response = await ask({ url: first.url, key: customer.key, body: slow })
  // when
  first.child.kill('SIGTERM')
  const second = await untilTrue(() => startGateway({ databaseUrl, folders, port: first.port }))
  // then
  expect((await readEvents(response)).at(-1)).toBe('[DONE]')
  expect(await first.exited).toBe(0)
  await second.stop()
})

test('when its parent is gone it does the same', async () => {
  const first = await startGateway({ databaseUrl, folders })
  const response = await ask({ url: first.url, key: customer.key, body: slow })
  // when
  first.child.disconnect()
  const second = await untilTrue(() => startGateway({ databaseUrl, folders, port: first.port }))
  // then
  const isServed = async () =>
    (await ask({ url: second.url, key: customer.key, body: told({}) })).status === 200
  await untilTrue(isServed)
  expect((await readEvents(response)).at(-1)).toBe('[DONE]')
  expect(await first.exited).toBe(0)
  await second.stop()
})

test('it reports its figures and the keys that were used', async () => {
  const gateway = await startGateway({ databaseUrl, folders })
  await (await ask({ url: gateway.url, key: customer.key, body: told({}) })).text()
  const report = await untilTrue(() =>
    gateway.messages.find(({ apiKeysUsed }) => apiKeysUsed?.includes(customer.apiKeyId)),
  )
  expect(report.text).toContain(
    `spillway_gateway_tokens_total{model="${MODEL}",direction="output"} 5`,
  )
  expect(report.text).toMatch(/# TYPE spillway_gateway_request_seconds histogram/)
  await gateway.stop()
})

test('a stop in good order gives back what it held, once the journal is posted', async () => {
  const gateway = await startGateway({ databaseUrl, folders })
  await (await ask({ url: gateway.url, key: customer.key, body: told({}) })).text()
  expect(await gateway.stop()).toBe(0)
  const holds = await db
    .selectFrom('hold')
    .selectAll()
    .where('reference', '=', gateway.writer)
    .execute()
  expect(holds).toHaveLength(1)
})
