/** Files and batches with the official client, unmodified: spare capacity only, half the price, each line charged once. */
import { request as httpRequest } from 'node:http'
import { sql } from 'kysely'
import OpenAI, { toFile } from 'openai'
import { beforeEach, describe, expect, test } from 'vitest'
import { idSource } from '#kernel/ids.ts'
import { renderMoney } from '#kernel/money.ts'
import {
  type Batch,
  createBatch,
  deleteFile,
  FileWriter,
  getBatch,
  keptUntil,
  requireRoom,
  stepBatch,
} from '#modules/batch/index.ts'
import type { Principal } from '#modules/identity/index.ts'
import { startGateway } from '../../../test/gateway/gateway-process.ts'
import { addCustomer, addModel, type Customer } from '../../../test/gateway/installation.ts'
import { getBalance, verifyBooks } from '../../../test/gateway/posting.ts'
import { makeStand, MODEL, told, untilTrue } from '../../../test/gateway/stand.ts'
import type { Behaviour } from '../../../test/gateway/upstream-simulator.ts'

const stand = await makeStand()
const { db } = stand.database
const ids = idSource(Date.now)
const now = () => new Date()

const FREE = 'spillway:requests_waiting 0\nspillway:places_free 9\n'
const BUSY = 'spillway:requests_waiting 2\nspillway:places_free 0\n'
const ENDPOINT = '/v1/chat/completions'

beforeEach(() => {
  stand.simulator.state.metrics = FREE
})

let customers = 0
const newCustomer = () => addCustomer(db, { name: `Buyer ${++customers}`, usd: '10' })

const clientOf = ({ key }: Customer, url = stand.gateway.url) =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 })

function line(number: number, behaviour: Partial<Behaviour> = { tokens: 7 }, more: object = {}) {
  const body = told(behaviour)
  return JSON.stringify({
    custom_id: `line-${number}`,
    method: 'POST',
    url: ENDPOINT,
    body,
    ...more,
  })
}

function lines(count: number, behaviour?: Partial<Behaviour>): string[] {
  return Array.from({ length: count }, (_, index) => line(index + 1, behaviour))
}

async function upload(client: OpenAI, texts: readonly string[]): Promise<string> {
  const file = await toFile(Buffer.from(texts.join('\n')), 'questions.jsonl')
  return (await client.files.create({ file, purpose: 'batch' })).id
}

async function start(client: OpenAI, texts: readonly string[]): Promise<string> {
  const input_file_id = await upload(client, texts)
  const wish = { input_file_id, endpoint: ENDPOINT, completion_window: '24h' } as const
  return (await client.batches.create(wish)).id
}

/** What the controller does. */
const step = (id: string) => stepBatch({ database: db, now, ids }, id)

function untilState(client: OpenAI, id: string, ...states: OpenAI.Batch['status'][]) {
  return untilTrue(async () => {
    await step(id)
    const batch = await client.batches.retrieve(id)
    return states.includes(batch.status) ? batch : null
  })
}

interface ResultLine {
  readonly custom_id: string
  readonly response: { readonly status_code: number; readonly body: OpenAI.ChatCompletion } | null
  readonly error: { readonly code: string } | null
}

async function readLines(client: OpenAI, id: string | null | undefined): Promise<ResultLine[]> {
  const text = await (await client.files.content(id ?? '')).text()
  return text
    .trim()
    .split('\n')
    .map((each) => JSON.parse(each) as ResultLine)
}

async function eventsOf({ organizationId }: Customer): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(DISTINCT id)::integer AS count FROM usage_event
    WHERE organization_id = ${organizationId}`.execute(db)
  return rows[0]?.count ?? 0
}

const postedOf = async ({ organizationId }: Customer) =>
  renderMoney((await getBalance(db, organizationId)).posted)

test('a file comes in, its lines are answered at half the price, and the answers are a file', async () => {
  const buyer = await newCustomer()
  const client = clientOf(buyer)
  const input_file_id = await upload(client, lines(6))
  const kept = await client.files.retrieve(input_file_id)
  expect(kept).toMatchObject({ object: 'file', purpose: 'batch', filename: 'questions.jsonl' })
  const metadata = { kind: 'nightly' }
  const wish = { input_file_id, endpoint: ENDPOINT, completion_window: '24h', metadata } as const
  const made = await client.batches.create(wish)
  expect(made).toMatchObject({ object: 'batch', status: 'validating', metadata })
  const ended = await untilState(client, made.id, 'completed')
  expect(ended.request_counts).toEqual({ total: 6, completed: 6, failed: 0 })
  expect(ended.usage).toMatchObject({ input_tokens: 66, output_tokens: 42, total_tokens: 108 })
  expect(ended).toMatchObject({ error_file_id: null, model: MODEL, errors: null })
  const answers = await readLines(client, ended.output_file_id)
  expect(answers.map((each) => each.custom_id)).toEqual(
    lines(6).map((_, index) => `line-${index + 1}`),
  )
  for (const { response, error } of answers) {
    expect(error).toBeNull()
    expect(response).toMatchObject({
      status_code: 200,
      body: { model: MODEL, object: 'chat.completion' },
    })
    expect(response?.body.usage).toMatchObject({ prompt_tokens: 11, completion_tokens: 7 })
  }
  // 66 tokens at half of 1 USD and 42 at half of 2 USD a million.
  expect([await eventsOf(buyer), await postedOf(buyer)]).toEqual([6, '9.999925'])
  expect((await verifyBooks(db)).isBalanced).toBe(true)
  expect((await client.batches.list()).data.map(({ id }) => id)).toEqual([made.id])
  expect((await client.files.list()).data).toHaveLength(2)
  await client.files.delete(input_file_id)
  await expect(client.files.retrieve(input_file_id)).rejects.toMatchObject({ status: 404 })
})

test('a file that is wrong in some lines is told which, and nothing of it is asked', async () => {
  const client = clientOf(await newCustomer())
  const asked = stand.simulator.state.requests
  const id = await start(client, [
    line(1),
    'this is no JSON',
    line(1),
    '',
    line(5, {}, { url: '/v1/embeddings' }),
    line(6, {}, { body: { model: 'another', messages: [{ role: 'user', content: 'hi' }] } }),
    line(7, {}, { body: { model: MODEL } }),
    line(8, {}, { body: { ...told({}), stream: true } }),
  ])
  const failed = await untilState(client, id, 'failed')
  expect(failed.errors?.data?.map((each) => [each.line, each.code])).toEqual([
    [2, 'invalid_json_line'],
    [3, 'duplicate_custom_id'],
    [5, 'mismatched_url'],
    [6, 'mismatched_model'],
    [7, 'missing_required_parameter'],
    [8, 'stream_not_supported'],
  ])
  expect(stand.simulator.state.requests).toBe(asked)
})

test('a model without replicas of ours has no spare capacity, and one that is unknown is told so', async () => {
  const client = clientOf(await newCustomer())
  await addModel(db, { name: 'elsewhere', urls: [stand.simulator.url], kind: 'upstream' })
  for (const [model, code] of [
    ['elsewhere', 'unsupported_model'],
    ['nobody', 'model_not_found'],
  ] as const) {
    const body = { ...told({}), model }
    const id = await start(client, [line(1, {}, { body })])
    const failed = await untilState(client, id, 'failed')
    expect(failed.errors?.data).toMatchObject([{ code, line: null }])
  }
})

test('kill -9 of a gateway amid a batch: each line is answered and charged once', async () => {
  const buyer = await newCustomer()
  const { folders } = stand
  const doomed = await startGateway({ databaseUrl: stand.database.url, folders })
  const client = clientOf(buyer)
  const id = await start(client, lines(24, { tokens: 7, delayMs: 1500 }))
  await untilTrue(async () => {
    await step(id)
    const { rows } = await sql<{ claim: string }>`
      SELECT claim FROM batch_line WHERE batch_id = ${id} AND state = 'running'
        AND claim LIKE ${`${doomed.writer}/%`}`.execute(db)
    return rows.length > 0 && (await eventsOf(buyer)) > 3
  })
  await doomed.kill()
  // Its claims run out by themselves; here nobody waits for that.
  await sql`UPDATE batch_line SET claimed_until = now() - interval '1 second'
    WHERE batch_id = ${id} AND claim LIKE ${`${doomed.writer}/%`} AND state = 'running'`.execute(db)
  const ended = await untilState(client, id, 'completed')
  const answers = await readLines(client, ended.output_file_id)
  expect(new Set(answers.map((each) => each.custom_id)).size).toBe(24)
  expect(ended.request_counts).toEqual({ total: 24, completed: 24, failed: 0 })
  // 264 tokens at half of 1 USD and 168 at half of 2 USD a million.
  expect([await eventsOf(buyer), await postedOf(buyer)]).toEqual([24, '9.9997'])
}, 90_000)

describe('a batch that ends before all is answered', () => {
  test('cancelled: nothing else begins, and every line is in one of the files', async () => {
    const buyer = await newCustomer()
    const client = clientOf(buyer)
    stand.simulator.state.metrics = BUSY
    // Of a model that nobody asked for yet, so that nothing is known of its server from before.
    await addModel(db, { name: 'calm', urls: [stand.simulator.url] })
    const body = { ...told({}), model: 'calm' }
    const id = await start(
      client,
      [1, 2, 3].map((number) => line(number, {}, { body })),
    )
    await untilState(client, id, 'in_progress')
    expect(await client.batches.cancel(id)).toMatchObject({ status: 'cancelling' })
    const ended = await untilState(client, id, 'cancelled')
    const errors = await readLines(client, ended.error_file_id)
    expect(errors.map(({ error }) => error?.code)).toEqual(Array(3).fill('batch_cancelled'))
    expect([ended.output_file_id, await eventsOf(buyer)]).toEqual([null, 0])
    await expect(client.batches.cancel(id)).rejects.toMatchObject({ status: 409 })
  })

  test('expired: what was answered is delivered and charged, the rest is in the errors', async () => {
    const buyer = await newCustomer()
    const client = clientOf(buyer)
    const slow = line(3, { tokens: 7, isGated: true })
    const id = await start(client, [line(1), slow, line(2)])
    await untilTrue(async () => {
      await step(id)
      return (await eventsOf(buyer)) === 2
    })
    await sql`UPDATE batch SET expires_at = now() WHERE id = ${id}`.execute(db)
    const ended = await untilState(client, id, 'expired')
    expect(ended.request_counts).toEqual({ total: 3, completed: 2, failed: 1 })
    expect(await readLines(client, ended.output_file_id)).toHaveLength(2)
    const [late] = await readLines(client, ended.error_file_id)
    expect(late).toMatchObject({
      custom_id: 'line-3',
      response: null,
      error: { code: 'batch_expired' },
    })
    expect([await eventsOf(buyer), await postedOf(buyer)]).toEqual([2, '9.999975'])
  })
})

describe('capacity that somebody needs', () => {
  test('is not taken while others wait, or nothing is known of it; and given back at once', async () => {
    const buyer = await newCustomer()
    const client = clientOf(buyer)
    const { state } = stand.simulator
    state.metrics = BUSY
    const asked = state.requests
    // Of a model that nobody asked for yet, so that nothing is known of its server from before.
    await addModel(db, { name: 'quiet', urls: [stand.simulator.url] })
    const body = { ...told({ tokens: 7, isGated: true }), model: 'quiet' }
    const id = await start(client, [line(1, {}, { body })])
    await untilState(client, id, 'in_progress')
    const read = state.metricsRead
    await untilTrue(() => state.metricsRead > read + 2)
    expect(state.requests).toBe(asked)
    // Room: the line is asked. Then somebody waits: it goes.
    state.metrics = FREE
    const [gated, aborted] = [state.gated, state.aborted]
    await untilTrue(() => state.gated > gated)
    state.metrics = BUSY
    await untilTrue(() => state.aborted > aborted)
    expect((await client.batches.retrieve(id)).request_counts).toMatchObject({ completed: 0 })
    state.metrics = FREE
    stand.simulator.openGate()
    await untilState(client, id, 'completed')
    expect(await eventsOf(buyer)).toBe(1)
  }, 60_000)
})

test('a request that its server refuses is in the errors, uncharged; the others are answered', async () => {
  const buyer = await newCustomer()
  const client = clientOf(buyer)
  const wrong = { status: 400, error: { message: 'not so', param: null, code: 'odd' } }
  const id = await start(client, [line(1), line(2, wrong)])
  const ended = await untilState(client, id, 'completed')
  expect(ended.request_counts).toEqual({ total: 2, completed: 1, failed: 1 })
  const [refused] = await readLines(client, ended.error_file_id)
  expect(refused).toMatchObject({
    custom_id: 'line-2',
    response: { status_code: 400 },
    error: null,
  })
  expect(await eventsOf(buyer)).toBe(1)
})

describe('files', () => {
  test('of another project are as if they were not there', async () => {
    const mine = clientOf(await newCustomer())
    const theirs = clientOf(await newCustomer())
    const id = await upload(mine, lines(1))
    await expect(theirs.files.retrieve(id)).rejects.toMatchObject({ status: 404 })
    await expect(theirs.files.content(id)).rejects.toMatchObject({ status: 404 })
    const wish = { input_file_id: id, endpoint: ENDPOINT, completion_window: '24h' } as const
    await expect(theirs.batches.create(wish)).rejects.toMatchObject({ status: 404 })
    expect((await theirs.files.list()).data).toEqual([])
  })

  test('come back as they were, however large', async () => {
    const client = clientOf(await newCustomer())
    const bytes = Buffer.alloc(5 * 1024 * 1024 + 77, 'äöü\n')
    const { id } = await client.files.create({
      file: await toFile(bytes, 'ä "b".jsonl'),
      purpose: 'batch',
    })
    expect(Buffer.from(await (await client.files.content(id)).arrayBuffer()).equals(bytes)).toBe(
      true,
    )
    expect((await client.files.retrieve(id)).filename).toBe('ä "b".jsonl')
  })

  test('are for batches, and say so; one that is too large is refused before it is sent', async () => {
    const buyer = await newCustomer()
    const client = clientOf(buyer)
    const file = await toFile(Buffer.from('x'), 'x.txt')
    await expect(client.files.create({ file, purpose: 'assistants' })).rejects.toMatchObject({
      status: 400,
      param: 'purpose',
    })
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${buyer.key}`,
        'content-type': 'multipart/form-data; boundary=b',
        'content-length': 300 * 1024 * 1024,
      }
      const sending = httpRequest(`${stand.gateway.url}/v1/files`, { method: 'POST', headers })
      sending.on('response', ({ statusCode }) => {
        resolve(statusCode)
        sending.destroy()
      })
      sending.on('error', reject)
      sending.flushHeaders()
    })
    expect(status).toBe(413)
    const listed = await client.files.list()
    expect(listed.data).toEqual([])
  })
})

describe('what a project may not', () => {
  const acting = ({ organizationId, projectId, apiKeyId }: Customer): Principal => ({
    ...{ organizationId, projectId, apiKeyId, role: 'inference', organizationKind: 'customer' },
    ...{ organizationName: '', projectName: '' },
  })

  async function keep(buyer: Customer, purpose: 'batch' | 'batch_output'): Promise<string> {
    const file = { owner: buyer, purpose, name: 'f', now: now() }
    const writer = new FileWriter(db, file, ids)
    await writer.flush()
    return (await writer.end(db, keptUntil(now()))).id
  }

  test('files that are read stay, results are not asked again, and batches have their number', async () => {
    const buyer = await newCustomer()
    const { projectId } = buyer
    const principal = acting(buyer)
    const create = (inputFileId: string): Promise<Batch> =>
      createBatch(db, { principal, inputFileId, endpoint: ENDPOINT, now: now() }, ids)
    const id = await keep(buyer, 'batch')
    await create(id)
    await expect(deleteFile(db, { id, projectId })).rejects.toMatchObject({ code: 'file.in_use' })
    await sql`UPDATE file SET size = 5::bigint * 1024 * 1024 * 1024 WHERE id = ${id}`.execute(db)
    await expect(requireRoom(db, projectId)).rejects.toMatchObject({ code: 'file.too_large' })
    const other = getBatch(db, { id: (await create(id)).id, projectId: 'prj_other' })
    await expect(other).rejects.toMatchObject({ code: 'batch.not_found' })
    const none = { id: 'file_none', projectId }
    await expect(deleteFile(db, none)).rejects.toMatchObject({ code: 'file.not_found' })
    await expect(create(await keep(buyer, 'batch_output'))).rejects.toMatchObject({
      code: 'batch.wrong_file',
    })
    for (let made = 2; made < 100; made++) await create(id)
    await expect(create(id)).rejects.toMatchObject({ code: 'batch.too_many' })
  })
})
