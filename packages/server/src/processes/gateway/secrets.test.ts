/** T9: what is secret is in no answer, log, figure, trace, file or table: a server's credential, a customer's key, a prompt. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type GatewayFolders,
  type GatewayProcess,
  makeFolders,
  startGateway,
} from '../../../test/gateway/gateway-process.ts'
import { addCustomer, addUpstream, type Customer } from '../../../test/gateway/installation.ts'
import { chargedOf, postJournals } from '../../../test/gateway/posting.ts'
import {
  chunkOf,
  type RawAnswer,
  type RawUpstream,
  startRawUpstream,
} from '../../../test/gateway/raw-upstream.ts'
import { ask } from '../../../test/gateway/stand.ts'
import { cloneDatabase, untilTrue } from '../../../test/harness/index.ts'

const { db, url: databaseUrl } = await cloneDatabase()
const CREDENTIAL = 'canary-credential-0123456789abcdef'
const PROMPT = 'canary-prompt-the-patient-is-called-Ada'

const keyOf: (request: Parameters<RawAnswer>[1]) => string = ({ headers }) =>
  String(headers['authorization'])

/** Repeats the credential wherever a careless server may. */
const refuseWith =
  (status: number): RawAnswer =>
  (response, request) => {
    const message = `Incorrect API key provided: ${keyOf(request)}`
    response.writeHead(status, { 'content-type': 'application/json', 'x-echo': keyOf(request) })
    response.end(JSON.stringify({ error: { message, param: CREDENTIAL, code: CREDENTIAL } }))
  }

const failAmid: RawAnswer = (response, request) => {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'x-echo': keyOf(request) })
  response.write(chunkOf('one '))
  response.end(`data: ${JSON.stringify({ error: { message: `bad key ${keyOf(request)}` } })}\n\n`)
}

const answerWell: RawAnswer = (response, request) => {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'x-echo': keyOf(request) })
  response.end(`${chunkOf('one ')}${chunkOf(null)}data: [DONE]\n\n`)
}

const garbage: RawAnswer = (response, request) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.end(`data: {{{ ${keyOf(request)}\n\n`)
}

const ANSWERS: Readonly<Record<string, RawAnswer>> = {
  well: answerWell,
  amid: failAmid,
  garbage,
  ...Object.fromEntries(
    [400, 401, 403, 404, 422, 429, 500, 503].map((status) => [String(status), refuseWith(status)]),
  ),
}

let folders: GatewayFolders
let upstream: RawUpstream
let gateway: GatewayProcess
let customer: Customer
const told: string[] = []

beforeAll(async () => {
  folders = makeFolders()
  upstream = await startRawUpstream(
    Object.fromEntries(
      Object.entries(ANSWERS).map(([name, answer]) => [`${PROMPT} ${name}`, answer]),
    ),
  )
  customer = await addCustomer(db, { name: 'Ada', usd: '10' })
  const sell = { contextTokens: 1000, inputUsd: '1', outputUsd: '2' }
  const theirs = { provider: 'openai' as const, upstreamModel: 'theirs', credential: CREDENTIAL }
  await addUpstream(db, { ...theirs, model: 'secret', url: upstream.url, sell })
  const words = join(folders.dataDir, 'words')
  gateway = await startGateway({
    databaseUrl,
    folders,
    logLevel: 'debug',
    // What it prints is looked at as well.
    prefix: ['sh', '-c', `exec "$0" "$@" >${words} 2>&1`],
  })
})
afterAll(async () => {
  await gateway.stop()
  await upstream.close()
  folders.remove()
})

async function send(name: string, stream: boolean, key = customer.key): Promise<number> {
  const body = {
    model: 'secret',
    stream,
    messages: [{ role: 'user', content: `${PROMPT} ${name}` }],
  }
  const response = await ask({ url: gateway.url, key, body })
  const headers = JSON.stringify([...response.headers])
  told.push(`${headers}\n${await response.text()}`)
  return response.status
}

test.each([CREDENTIAL, 'key', PROMPT])(
  'T9: after every kind of answer and error, %s is nowhere it was not sent',
  async (secret) => {
    const canary = secret === 'key' ? customer.key : secret
    if (told.length === 0)
      for (const name of Object.keys(ANSWERS))
        for (const stream of [true, false]) await send(name, stream)
    await send('well', true, `${customer.key}x`)
    await untilTrue(async () => {
      await postJournals({ db, folders, isWriterAlive: () => true })
      return (await chargedOf(db, customer.organizationId)).events > 0
    })
    expect(told.join('\n')).not.toContain(canary)
    await untilTrue(() => gateway.messages.some(({ type }) => type === 'metrics'))
    expect(JSON.stringify(gateway.messages)).not.toContain(canary)
    const files = readdirSync(folders.dataDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
    expect(files.some((file) => file.endsWith('.log'))).toBe(true)
    for (const file of files) expect(readFileSync(file, 'latin1'), file).not.toContain(canary)
    expect(await tablesWith(canary)).toEqual([])
  },
)

async function tablesWith(canary: string): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    SELECT table_name AS name FROM information_schema.tables
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`.execute(db)
  const found: string[] = []
  for (const { name } of rows) {
    const { rows: hits } = await sql`
      SELECT 1 FROM ${sql.table(name)} t WHERE t::text LIKE ${`%${canary}%`} LIMIT 1`.execute(db)
    if (hits.length > 0) found.push(name)
  }
  return found
}
