/** When the database or the disk is away, nobody is told that it is their fault, and nothing is given away. */
import { readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inTransaction } from '#platform/db/database.ts'
import { type DatabaseLine, openDatabaseLine } from '../../../test/gateway/database-line.ts'
import {
  type GatewayFolders,
  type GatewayProcess,
  makeFolders,
  startGateway,
} from '../../../test/gateway/gateway-process.ts'
import { addCustomer, addModel, type Customer } from '../../../test/gateway/installation.ts'
import { chargedOf, postJournals } from '../../../test/gateway/posting.ts'
import { ask, MODEL, readEvents, told } from '../../../test/gateway/stand.ts'
import {
  startUpstreamSimulator,
  type UpstreamSimulator,
} from '../../../test/gateway/upstream-simulator.ts'
import { cloneDatabase, untilTrue } from '../../../test/harness/index.ts'

const { db, url: databaseUrl } = await cloneDatabase()
let folders: GatewayFolders
let simulator: UpstreamSimulator
let line: DatabaseLine
let gateway: GatewayProcess
let known: Customer
let unknown: Customer

beforeAll(async () => {
  folders = makeFolders()
  simulator = await startUpstreamSimulator()
  known = await addCustomer(db, { name: 'Known', usd: '10' })
  unknown = await addCustomer(db, { name: 'Unknown', usd: '10' })
  await addModel(db, { name: MODEL, urls: [simulator.url] })
  line = await openDatabaseLine(databaseUrl)
  gateway = await startGateway({ databaseUrl: line.url, folders })
})
afterAll(async () => {
  await gateway.stop()
  await line.close()
  await simulator.close()
  folders.remove()
})

const send = (key: string, more: object = {}) =>
  ask({ url: gateway.url, key, body: told({ tokens: 2 }, more) })

test('T6: while the database is away, who is known goes on and who is not hears of the outage, never 401', async () => {
  expect((await send(known.key)).status).toBe(200)
  // when
  line.cut()
  // then
  await untilTrue(async () => (await send(unknown.key)).status === 503)
  const refused = await send(unknown.key)
  expect(refused.headers.get('retry-after')).toBe('2')
  expect(await refused.json()).toMatchObject({
    error: { type: 'server_error', code: 'service_unavailable' },
  })
  for (let round = 0; round < 20; round++)
    expect((await send(known.key, { stream: round % 2 === 0 })).status).toBe(200)
  // A key that cannot be one is wrong whatever the database says.
  expect((await send('sk-nonsense')).status).toBe(401)
})

test('T6: when it is back, everything works by itself, and what was used meanwhile is charged', async () => {
  line.mend()
  await untilTrue(async () => (await send(unknown.key)).status === 200)
  await postJournals({ db, folders, isWriterAlive: () => true })
  expect(await chargedOf(db, known.organizationId)).toMatchObject({ events: 21, output: 42 })
})

test('a revoked key is refused, also one that was just used', async () => {
  const leaver = await addCustomer(db, { name: 'Leaver', usd: '10' })
  expect((await send(leaver.key)).status).toBe(200)
  await inTransaction(db, (tx) =>
    tx
      .updateTable('api_key')
      .set({ revoked_at: new Date() })
      .where('id', '=', leaver.apiKeyId)
      .execute(),
  )
  await untilTrue(async () => (await send(leaver.key)).status === 401)
})

test('a gateway whose journal was taken away gives nothing out unrecorded, and makes room for another', async () => {
  // given
  const fenced = await startGateway({ databaseUrl, folders })
  const body = told({ tokens: 5, delayMs: 50 }, { stream: true })
  const stream = await ask({ url: fenced.url, key: known.key, body })
  // when somebody declares it dead
  for (const file of readdirSync(folders.journalDirectory))
    if (file.startsWith(fenced.writer))
      renameSync(
        join(folders.journalDirectory, file),
        join(folders.journalDirectory, file.replace('.journal', '.fenced')),
      )
  // then
  const whole = ask({ url: fenced.url, key: known.key, body: told({}) })
  // By then it may have noticed from the stream's own record, and listen no more.
  const refusal = await whole.then(
    ({ status }) => status,
    () => 'not listening',
  )
  expect([503, 'not listening']).toContain(refusal)
  const events = await readEvents(stream)
  expect(events).not.toContain('[DONE]')
  expect(JSON.parse(events.at(-1) ?? '')).toMatchObject({ error: { type: 'server_error' } })
  expect(await fenced.exited).toBe(5)
  expect(fenced.messages.find(({ type }) => type === 'recording')).toMatchObject({
    isRecording: false,
  })
})
