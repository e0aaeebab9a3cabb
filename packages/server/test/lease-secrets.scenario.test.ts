import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createClient, type Client, type Lease } from '@spillway/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cloneDatabase, untilTrue } from './harness/index.ts'
import { startInstallation, type TestInstallation } from './harness/installation.ts'

const { url: databaseUrl, db } = await cloneDatabase()
const SECRET = 'hunter2-correct-horse'

let installation: TestInstallation
let buyer: Client
let operator: Client

beforeAll(async () => {
  installation = await startInstallation({ databaseUrl })
  const { url, demoApiKey, operatorToken } = installation
  buyer = createClient({ url, credential: demoApiKey })
  operator = createClient({ url, credential: operatorToken })
})

afterAll(async () => {
  await installation.stop()
})

function until(id: string, state: Lease['state']): Promise<Lease> {
  return untilTrue(
    async () => {
      const lease = await buyer.getLease({ params: { id } })
      return lease.state === state ? lease : null
    },
    { timeoutMs: 40_000, what: `${id} is ${state}` },
  )
}

function run(script: string): Promise<Lease> {
  return buyer.createLease({
    body: { command: ['sh', '-c', script], secretEnvironment: { TOKEN: SECRET }, graceMs: 0 },
    idempotencyKey: crypto.randomUUID(),
  })
}

async function logOf(id: string, query = {}): Promise<string> {
  return (await buyer.getLeaseLogs({ params: { id }, query })).text()
}

/** Every row of every table, as text. */
async function dumpDatabase(): Promise<string> {
  const tables = await sql<{ name: string }>`SELECT quote_ident(table_name) AS name
    FROM information_schema.tables WHERE table_schema = 'public'`.execute(db)
  const texts = await Promise.all(
    tables.rows.map(async ({ name }) => {
      const { rows } = await sql
        .raw<{ row: string }>(`SELECT t::text AS row FROM ${name} t`)
        .execute(db)
      return rows.map(({ row }) => row).join('\n')
    }),
  )
  return texts.join('\n')
}

function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
}

function commandLines(): string {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      } catch {
        return ''
      }
    })
    .join('\n')
}

test('a secret reaches the command, and is found nowhere else while it runs and after it ended', async () => {
  const { id, secretNames } = await run('echo "of ${#TOKEN} letters"; exec sleep 1000')
  expect(secretNames).toEqual(['TOKEN'])
  await until(id, 'running')
  await untilTrue(async () => (await logOf(id)).includes(`of ${SECRET.length} letters`))
  const look = async () => {
    const answers = [
      await buyer.getLease({ params: { id } }),
      await buyer.listLeases(),
      await buyer.listLeaseFacts({ params: { id } }),
      await operator.listAuditEvents(),
    ]
    const files = filesUnder(installation.dataDir).filter((path) =>
      readFileSync(path).includes(SECRET),
    )
    expect(files).toEqual([])
    expect(JSON.stringify(answers)).not.toContain(SECRET)
    expect(await dumpDatabase()).not.toContain(SECRET)
    expect(installation.output()).not.toContain(SECRET)
    if (process.platform === 'linux') expect(commandLines()).not.toContain(SECRET)
  }
  await look()
  await buyer.stopLease({ params: { id } })
  await until(id, 'ended')
  await look()
})

test('a secret that the command prints is covered in its log, wherever one begins to read', async () => {
  const { id } = await run('echo "it is $TOKEN!"')
  await until(id, 'ended')
  const want = `it is ${'*'.repeat(SECRET.length)}!\n`
  expect(await logOf(id)).toBe(want)
  for (let offset = 0; offset <= want.length; offset++)
    expect(await logOf(id, { offset })).toBe(want.slice(offset))
  expect(await logOf(id, { tail: 5 })).toBe(want.slice(-5))
  expect(await logOf(id, { follow: true, offset: 10 })).toBe(want.slice(10))
})

test('the same request again gets the same lease, and another secret under its key is refused', async () => {
  const idempotencyKey = crypto.randomUUID()
  const ask = (value: string) =>
    buyer.createLease({
      body: { command: ['true'], secretEnvironment: { TOKEN: value } },
      idempotencyKey,
    })
  const first = await ask('one value')
  expect((await ask('one value')).id).toBe(first.id)
  await expect(ask('another')).rejects.toMatchObject({
    problem: { code: 'request.idempotency_conflict' },
  })
})

test('a variable cannot be secret and not', async () => {
  const both = { environment: { A: '1' }, secretEnvironment: { A: '2' } }
  await expect(buyer.createLease({ body: { command: ['true'], ...both } })).rejects.toMatchObject({
    problem: { code: 'request.invalid', fields: [{ field: 'body.secretEnvironment.A' }] },
  })
})

test('a secret survives the death of the server between request and start', async () => {
  const slots = (await buyer.listPools()).items[0]?.slotsFree ?? 1
  const holder = await buyer.createLease({
    body: { command: ['sleep', '1000'], gpus: slots, graceMs: 0, tier: 'on_demand' },
  })
  await until(holder.id, 'running')
  const { id } = await run('test "$TOKEN" = hunter2-correct-horse')
  await installation.kill()
  const { dataDir } = installation
  installation = await startInstallation({ databaseUrl, dataDir })
  const { url, demoApiKey, operatorToken } = installation
  buyer = createClient({ url, credential: demoApiKey })
  operator = createClient({ url, credential: operatorToken })
  await buyer.stopLease({ params: { id: holder.id } })
  expect(await until(id, 'ended')).toMatchObject({ endReason: 'exited', exitCode: 0 })
})

test('what a lease leaves is read by its organization, after its end too, and by nobody else', async () => {
  const signature = 'signed-for-an-hour'
  const address = `data:,hello?signature=${signature}`
  const { id, inputs } = await buyer.createLease({
    body: {
      command: [
        'sh',
        '-c',
        'cp greeting "$SPILLWAY_ARTIFACTS_DIR/kept"; ln -s / "$SPILLWAY_ARTIFACTS_DIR/root"',
      ],
      inputs: [{ path: 'greeting', url: address }],
    },
  })
  expect(inputs).toEqual([{ path: 'greeting', host: 'the request' }])
  await until(id, 'ended')
  const { items } = await buyer.listArtifacts({ params: { id } })
  expect(items.map(({ path }) => path)).toEqual(['kept'])
  const file = await buyer.getArtifact({ params: { id }, query: { path: 'kept' } })
  expect(file.headers.get('content-disposition')).toBe('attachment')
  expect(await file.text()).toBe(`hello?signature=${signature}`)
  expect(await dumpDatabase()).not.toContain(signature)
  for (const path of ['root/etc/hostname', '../admission.json', 'none'])
    await expect(buyer.getArtifact({ params: { id }, query: { path } })).rejects.toMatchObject({
      problem: { code: 'lease.artifact_not_found' },
    })
  await expect(operator.listArtifacts({ params: { id } })).rejects.toMatchObject({
    problem: { code: 'lease.not_found' },
  })
})

test('an input that cannot be had is a failure to start, in words', async () => {
  const { id } = await buyer.createLease({
    body: { command: ['true'], inputs: [{ path: 'x', url: `${installation.url}/api/v1/none` }] },
  })
  expect((await until(id, 'ended')).endReason).toBe('start_failed')
  const { items } = await buyer.listLeaseFacts({ params: { id } })
  expect(items.at(-1)?.text).toMatch(/the input x cannot be fetched: 4\d\d/)
})

test('a lease that fails starts again where it left off, and is given up after as many failures as it may have', async () => {
  const count =
    'n=$(cat "$SPILLWAY_ARTIFACTS_DIR/n" 2>/dev/null || echo 0); echo $((n + 1)) > "$SPILLWAY_ARTIFACTS_DIR/n"; exit 1'
  const { id } = await buyer.createLease({
    body: { command: ['sh', '-c', count], requeue: 'on_failure', failuresMax: 2 },
  })
  const waiting = await untilTrue(async () => {
    const lease = await buyer.getLease({ params: { id } })
    return lease.failures === 1 && lease.state === 'pending' ? lease : null
  })
  expect(waiting).toMatchObject({ waitingFor: 'the pause after its failure' })
  expect(Date.parse(waiting.retryAt ?? '')).toBeGreaterThan(Date.parse(waiting.createdAt))
  const ended = await until(id, 'ended')
  expect(ended).toMatchObject({ endReason: 'exited', exitCode: 1, attempt: 2 })
  const file = await buyer.getArtifact({ params: { id }, query: { path: 'n' } })
  expect(await file.text()).toBe('2\n')
})
