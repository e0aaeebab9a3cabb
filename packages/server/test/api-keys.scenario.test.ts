/** API keys through the whole product: what one is kept to, and rotation with a grace. */
import { type ApiKey, type Client, createClient, ProblemError } from '@spillway/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cloneDatabase, untilTrue } from './harness/index.ts'
import { startInstallation, type TestInstallation } from './harness/installation.ts'

const { db, url: databaseUrl } = await cloneDatabase()
let installation: TestInstallation
let buyer: Client

beforeAll(async () => {
  installation = await startInstallation({ databaseUrl })
  buyer = createClient({ url: installation.url, credential: installation.demoApiKey })
})

afterAll(() => installation.stop())

function clientOf(credential: string): Client {
  return createClient({ url: installation.url, credential })
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'done',
    (failure: unknown) =>
      failure instanceof ProblemError ? failure.problem.code : String(failure),
  )
}

async function modelsStatus(secret: string): Promise<number> {
  const headers = { authorization: `Bearer ${secret}` }
  return (await fetch(`${installation.url}/v1/models`, { headers })).status
}

test('a key does what it has the scope for, and frees itself of nothing', async () => {
  const { secret, apiKey } = await buyer.createApiKey({
    body: { name: 'looks', role: 'member', scopes: ['read'], models: ['a'] },
  })
  expect(apiKey).toMatchObject({ scopes: ['read'], models: ['a'], networks: null })
  const client = clientOf(secret)
  await client.getBalance()
  const asks = { name: 'more', role: 'member' } as const
  expect(await codeOf(client.createApiKey({ body: asks }))).toBe('permission.denied')
  const managing = await buyer.createApiKey({
    body: { name: 'manages', role: 'member', scopes: ['manage'] },
  })
  const manager = clientOf(managing.secret)
  await manager.listApiKeys()
  expect(await codeOf(manager.createApiKey({ body: asks }))).toBe('permission.denied')
  expect(await modelsStatus(managing.secret)).toBe(403)
  const rotating = manager.rotateApiKey({ params: { id: apiKey.id }, body: {} })
  expect(await codeOf(rotating)).toBe('permission.denied')
})

test('a key for one network is refused from another, on both paths', async () => {
  const { secret } = await buyer.createApiKey({
    body: { name: 'inside', role: 'member', networks: ['10.0.0.0/8'] },
  })
  expect(await codeOf(clientOf(secret).getBalance())).toBe('permission.denied')
  expect(await modelsStatus(secret)).toBe(403)
  const wrong = { name: 'x', networks: ['10.0.0.0/64'] }
  expect(await codeOf(buyer.createApiKey({ body: wrong }))).toBe('request.invalid')
  const past = { name: 'x', expiresAt: '2020-01-01T00:00:00Z' }
  expect(await codeOf(buyer.createApiKey({ body: past }))).toBe('request.invalid')
})

test('a rotated key works on for its grace and no longer; the new one is kept to the same', async () => {
  const first = await buyer.createApiKey({
    body: { name: 'turned', role: 'member', scopes: ['inference', 'read'] },
  })
  const turn = (id: string, graceS: number) =>
    buyer.rotateApiKey({ params: { id }, body: { graceS } })
  const second = await turn(first.apiKey.id, 3)
  expect(second.apiKey).toMatchObject({ name: 'turned', scopes: ['inference', 'read'] })
  expect(second.replaced).toMatchObject({ id: first.apiKey.id, replacedBy: second.apiKey.id })
  // Both work, in the whole of the grace.
  await clientOf(first.secret).getBalance()
  await clientOf(second.secret).getBalance()
  expect(await modelsStatus(first.secret)).toBe(200)
  const ends = Date.parse(second.replaced.expiresAt ?? '')
  await untilTrue(async () => (await modelsStatus(first.secret)) === 401)
  expect(Date.now()).toBeGreaterThanOrEqual(ends)
  expect(await codeOf(clientOf(first.secret).getBalance())).toBe('credential.invalid')
  await clientOf(second.secret).getBalance()
  expect(await codeOf(turn(first.apiKey.id, 0))).toBe('api_key.over')
  expect(await codeOf(turn('key_00000000000000000000000000', 0))).toBe('api_key.not_found')
})

test('without a grace the old key is refused at once', async () => {
  const old = await buyer.createApiKey({ body: { name: 'leaked', role: 'member' } })
  expect(await modelsStatus(old.secret)).toBe(200)
  await buyer.rotateApiKey({ params: { id: old.apiKey.id }, body: { graceS: 0 } })
  expect(await codeOf(clientOf(old.secret).getBalance())).toBe('credential.invalid')
  await untilTrue(async () => (await modelsStatus(old.secret)) === 401, { timeoutMs: 2000 })
})

test('rotating by repeating makes one key, and use is noted', async () => {
  const old = await buyer.createApiKey({ body: { name: 'once', role: 'member' } })
  const again = () =>
    buyer.rotateApiKey({ params: { id: old.apiKey.id }, body: {}, idempotencyKey: 'turn-once' })
  const [first, second] = [await again(), await again()]
  expect(second.secret).toBe(first.secret)
  const rows = await db.selectFrom('api_key').selectAll().where('name', '=', 'once').execute()
  expect(rows).toHaveLength(2)
  const find = async (): Promise<ApiKey | undefined> =>
    (await buyer.listApiKeys()).items.find(({ id }) => id === first.apiKey.id)
  expect((await find())?.lastUsedAt).toBe(null)
})
