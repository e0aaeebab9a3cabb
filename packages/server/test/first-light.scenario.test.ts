import { createClient, type Client, type Lease, ProblemError } from '@spillway/contract'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cloneDatabase, untilTrue } from './harness/index.ts'
import { startInstallation, type TestInstallation } from './harness/installation.ts'

const { url: databaseUrl, db } = await cloneDatabase()

let installation: TestInstallation
let buyer: Client
let operator: Client

beforeAll(async () => {
  installation = await startInstallation({ databaseUrl })
  const { url, demoApiKey, operatorToken } = installation
  buyer = createClient({ url, credential: demoApiKey })
  operator = createClient({ url, credential: operatorToken })
  await untilTrue(async () => (await buyer.getModel({ params: { id: 'toy' } })).state === 'ready', {
    timeoutMs: 30_000,
  })
})

afterAll(async () => {
  await installation.stop()
})

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  )
  return error instanceof ProblemError ? error.problem.code : `no problem: ${String(error)}`
}

function until(id: string, state: Lease['state'], client = operator): Promise<Lease> {
  return untilTrue(
    async () => {
      const lease = await client.getLease({ params: { id } })
      return lease.state === state ? lease : null
    },
    { timeoutMs: 20_000, what: `${id} is ${state}` },
  )
}

async function factsOf(id: string): Promise<string[]> {
  const { items } = await operator.listLeaseFacts({ params: { id } })
  return items.map((fact) => fact.type)
}

async function logOf(id: string): Promise<string> {
  return (await buyer.getLeaseLogs({ params: { id } })).text()
}

/** Obeys the notice at once, and says so. */
const POLITE = [
  'sh',
  '-c',
  'trap "echo noticed; exit 7" TERM; echo slots $SPILLWAY_SLOTS; while :; do sleep 0.1; done',
]
/** Hears no signal but the last. */
const STUBBORN = ['sh', '-c', 'trap "" TERM; echo here; while :; do sleep 0.1; done']

describe('tokens', () => {
  test('the official client gets tokens, whole and streamed, and pays for exactly those', async () => {
    const openai = new OpenAI({
      baseURL: `${installation.url}/v1`,
      apiKey: installation.demoApiKey,
    })
    const messages = [{ role: 'user' as const, content: 'What is a lease?' }]
    const whole = await openai.chat.completions.create({ model: 'toy', messages })
    expect(whole.choices[0]?.message.content?.length).toBeGreaterThan(0)
    const stream = await openai.chat.completions.create({
      model: 'toy',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    })
    let streamedTokens = 0
    for await (const chunk of stream)
      streamedTokens = chunk.usage?.completion_tokens ?? streamedTokens
    const wantOutput = (whole.usage?.completion_tokens ?? 0) + streamedTokens
    await untilTrue(async () => {
      const { rows } = await buyer.getUsage()
      return rows.find((row) => row.sku === 'tokens.toy.output')?.quantity === String(wantOutput)
    })
  })

  test('an organization without money is refused before any token', async () => {
    const { apiKey } = await operator.createOrganization({ body: { name: 'penniless' } })
    const openai = new OpenAI({ baseURL: `${installation.url}/v1`, apiKey, maxRetries: 0 })
    const request = openai.chat.completions.create({
      model: 'toy',
      messages: [{ role: 'user', content: 'hello' }],
    })
    await expect(request).rejects.toMatchObject({ status: 429, code: 'insufficient_quota' })
  })
})

describe('leases', () => {
  test('a command runs on its slots, its output is kept, and its exit code', async () => {
    const { id } = await buyer.createLease({
      body: { command: ['sh', '-c', 'echo on $SPILLWAY_SLOTS; exit 3'] },
    })
    const lease = await until(id, 'ended')
    expect(lease).toMatchObject({ endReason: 'exited', exitCode: 3, kind: 'spot' })
    expect(await logOf(id)).toMatch(/^on \d\n$/)
    expect(lease.gpuMs).toBe(Date.parse(lease.endedAt ?? '') - Date.parse(lease.startedAt ?? ''))
  })

  test('a command that does not exist ends as start_failed and costs nothing', async () => {
    const { id } = await buyer.createLease({ body: { command: ['no-such-command-anywhere'] } })
    expect(await until(id, 'ended')).toMatchObject({
      endReason: 'start_failed',
      chargedUsd: '0',
      heldUsd: '0',
    })
  })

  test('a lease ends at its time limit', async () => {
    const { id } = await buyer.createLease({
      body: { command: ['sleep', '60'], timeLimitMs: 1000, graceMs: 0 },
    })
    expect(await until(id, 'ended')).toMatchObject({ endReason: 'time_limit' })
  })

  test('what cannot be had is refused with what to change, and leaves nothing behind', async () => {
    const before = (await buyer.listLeases()).items.length
    const command = ['true']
    expect(await codeOf(buyer.createLease({ body: { command, gpus: 99 } }))).toBe(
      'lease.over_capacity',
    )
    expect(
      await codeOf(buyer.createLease({ body: { command, maxPriceUsdPerGpuHour: '0.01' } })),
    ).toBe('lease.price_below_market')
    expect(await codeOf(buyer.createLease({ body: { command, pool: 'nowhere' } }))).toBe(
      'pool.not_found',
    )
    expect(await codeOf(buyer.createLease({ body: { command: [] } }))).toBe('request.invalid')
    expect((await buyer.listLeases()).items.length).toBe(before)
  })

  test('without money a lease is refused', async () => {
    const { apiKey } = await operator.createOrganization({ body: { name: 'broke' } })
    const poor = createClient({ url: installation.url, credential: apiKey })
    expect(await codeOf(poor.createLease({ body: { command: ['true'] } }))).toBe(
      'balance.insufficient',
    )
  })

  test('another organization\u2019s lease and a missing one are the same 404', async () => {
    const { apiKey } = await operator.createOrganization({ body: { name: 'curious' } })
    const other = createClient({ url: installation.url, credential: apiKey })
    const { id } = await buyer.createLease({ body: { command: ['true'] } })
    expect(await codeOf(other.getLease({ params: { id } }))).toBe('lease.not_found')
    expect(await codeOf(other.stopLease({ params: { id } }))).toBe('lease.not_found')
    await until(id, 'ended')
    expect(await codeOf(buyer.stopLease({ params: { id } }))).toBe('lease.already_ended')
  })

  test('the same request with the same key makes one lease, and another request with it is refused', async () => {
    const body = { command: ['true'], name: 'once' }
    const idempotencyKey = 'made-by-a-test'
    const [first, second] = await Promise.all([
      buyer.createLease({ body, idempotencyKey }),
      buyer.createLease({ body, idempotencyKey }),
    ])
    expect(second.id).toBe(first.id)
    const changed = buyer.createLease({ body: { ...body, gpus: 2 }, idempotencyKey })
    expect(await codeOf(changed)).toBe('request.idempotency_conflict')
  })
})

describe('the anchor tenant takes capacity back', () => {
  test('notice, stop, confirmed gone, and only then the anchor; afterwards the lease that asked starts again', async () => {
    const spot = await buyer.createLease({
      body: { command: POLITE, gpus: 3, requeue: 'on_reclaim' },
    })
    await until(spot.id, 'running')
    await untilTrue(async () => (await logOf(spot.id)).includes('slots'))
    const anchor = await operator.runAnchor({ body: { command: ['sleep', '1'], gpus: 3 } })
    const ended = await until(anchor.id, 'ended')
    expect(ended.endReason).toBe('exited')
    expect(await logOf(spot.id)).toContain('noticed')
    await untilTrue(
      async () => (await factsOf(spot.id)).filter((type) => type === 'lease.started').length === 2,
    )
    const facts = (await operator.listLeaseFacts({ params: { id: spot.id } })).items
    const instant = (type: string) => Date.parse(facts.find((fact) => fact.type === type)?.at ?? '')
    expect(facts.map((fact) => fact.type).slice(3, 8)).toEqual([
      'lease.notice_given',
      'lease.notice_delivered',
      'lease.confirmed_gone',
      'lease.reclaim_credited',
      'lease.requeued',
    ])
    expect(instant('lease.confirmed_gone')).toBeLessThanOrEqual(Date.parse(ended.startedAt ?? ''))
    await buyer.stopLease({ params: { id: spot.id } })
    expect(await until(spot.id, 'ended')).toMatchObject({ endReason: 'stopped', attempt: 2 })
  })

  test('a victim that obeys nothing is killed after notice and grace, and the anchor waits for that', async () => {
    const spot = await buyer.createLease({
      body: { command: STUBBORN, gpus: 3, tier: 'flex', graceMs: 300 },
    })
    await until(spot.id, 'running')
    await untilTrue(async () => (await logOf(spot.id)).includes('here'))
    const anchor = await operator.runAnchor({ body: { command: ['true'], gpus: 3 } })
    const ended = await until(anchor.id, 'ended')
    const victim = await until(spot.id, 'ended')
    expect(victim).toMatchObject({ endReason: 'reclaimed', exitSignal: 'SIGKILL' })
    expect(Date.parse(victim.endedAt ?? '')).toBeLessThanOrEqual(Date.parse(ended.startedAt ?? ''))
  })

  test('a buyer who takes room from another learns nothing of whose it was', async () => {
    const { apiKey, organization } = await operator.createOrganization({ body: { name: 'filler' } })
    await operator.grantCredit({ params: { id: organization.id }, body: { amountUsd: '5' } })
    const filler = createClient({ url: installation.url, credential: apiKey })
    const flex = await filler.createLease({
      body: { command: POLITE, gpus: 3, tier: 'flex', graceMs: 1000 },
    })
    await until(flex.id, 'running')
    const firm = await buyer.createLease({
      body: { command: ['true'], gpus: 3, tier: 'on_demand' },
    })
    await until(firm.id, 'ended')
    await until(flex.id, 'ended')
    const shown = async (client: Client, id: string) =>
      JSON.stringify([
        await client.listLeaseFacts({ params: { id } }),
        await client.getLease({ params: { id } }),
      ])
    expect(await shown(buyer, firm.id)).not.toContain(flex.id)
    expect(await shown(filler, flex.id)).not.toContain(firm.id)
  })

  test('nobody is given notice for an anchor that would not fit anyway', async () => {
    const firm = await buyer.createLease({ body: { command: ['sleep', '60'], tier: 'on_demand' } })
    await until(firm.id, 'running')
    const anchor = await operator.runAnchor({ body: { command: ['true'], gpus: 4 } })
    const waiting = await untilTrue(async () => {
      const lease = await operator.getLease({ params: { id: anchor.id } })
      return lease.waitingFor?.includes('free slots') ? lease : null
    })
    expect(waiting.state).toBe('pending')
    expect((await buyer.getLease({ params: { id: firm.id } })).state).toBe('running')
    await operator.stopLease({ params: { id: anchor.id } })
    await buyer.stopLease({ params: { id: firm.id } })
    await until(firm.id, 'ended')
  })
})

describe('the books', () => {
  test('slot-time by kind and free time sum to the wall time, and the ledger verifies', async () => {
    const books = await operator.getBooks()
    for (const pool of books.pools) {
      const claimed = Object.values(pool.byKindMs).reduce((sum, ms) => sum + ms, 0)
      expect(claimed + pool.freeMs).toBe(pool.totalMs)
    }
    const ledger = await operator.verifyLedger()
    expect(ledger.checks.filter((check) => !check.isHeld)).toEqual([])
    expect(ledger).toMatchObject({ isBalanced: true, sumUsd: '0' })
  })

  test('GPU time charged is the GPU time claimed while it ran, to the millisecond', async () => {
    const { items } = await buyer.listLeases({ query: { limit: 1000 } })
    const ended = items.filter(
      (lease) => lease.state === 'ended' && lease.attempt === 1 && lease.startedAt !== null,
    )
    expect(ended.length).toBeGreaterThan(2)
    for (const lease of ended)
      expect(lease.gpuMs).toBe(
        lease.gpus * (Date.parse(lease.endedAt ?? '') - Date.parse(lease.startedAt ?? '')),
      )
  })

  test('every mutation is in the audit log, refused ones with their code', async () => {
    const { items } = await operator.listAuditEvents({ query: { limit: 1000 } })
    const outcomes = items
      .filter((event) => event.action === 'lease.create')
      .map((event) => event.outcome)
    expect(outcomes).toContain('done')
    expect(outcomes).toContain('balance.insufficient')
    await expect(db.deleteFrom('audit_event').execute()).rejects.toThrow('append-only')
  })
})

describe('keys and organizations', () => {
  test('a revoked key is refused at once, on both paths', async () => {
    const { apiKey, secret } = await buyer.createApiKey({
      body: { name: 'short-lived', role: 'member' },
    })
    const client = createClient({ url: installation.url, credential: secret })
    await client.getBalance()
    const models = () =>
      fetch(`${installation.url}/v1/models`, { headers: { authorization: `Bearer ${secret}` } })
    expect((await models()).status).toBe(200)
    await buyer.revokeApiKey({ params: { id: apiKey.id } })
    expect(await codeOf(client.getBalance())).toBe('credential.invalid')
    await untilTrue(async () => (await models()).status === 401, { timeoutMs: 2000 })
    const missing = buyer.revokeApiKey({ params: { id: 'key_00000000000000000000000000' } })
    expect(await codeOf(missing)).toBe('api_key.not_found')
  })

  test('credit raises a balance once, and names are unique', async () => {
    const { organization } = await operator.createOrganization({ body: { name: 'paying' } })
    const idempotencyKey = 'credit-made-by-a-test'
    const credit = () =>
      operator.grantCredit({
        params: { id: organization.id },
        body: { amountUsd: '2.5' },
        idempotencyKey,
      })
    expect((await credit()).balanceUsd).toBe('2.5')
    expect((await credit()).balanceUsd).toBe('2.5')
    expect(await codeOf(operator.createOrganization({ body: { name: 'paying' } }))).toBe(
      'organization.name_taken',
    )
    const unknown = operator.grantCredit({
      params: { id: 'org_00000000000000000000000000' },
      body: { amountUsd: '1' },
    })
    expect(await codeOf(unknown)).toBe('organization.not_found')
    const nothing = operator.grantCredit({
      params: { id: organization.id },
      body: { amountUsd: '0' },
    })
    expect(await codeOf(nothing)).toBe('request.invalid')
  })
})

describe('models of other servers', () => {
  test('a server that answers is added, serves under its new name, and is removed again', async () => {
    const upstreamUrl = `${(await operator.listDeployments()).items[0]?.replicas[0]?.url ?? ''}/v1`
    const named = { model: 'borrowed', upstreamUrl, upstreamModel: 'toy' }
    // It is on this machine, which has to be meant.
    const unmeant = operator.createDeployment({ body: named })
    expect(await codeOf(unmeant)).toBe('upstream.address_refused')
    const body = { ...named, allowsPrivateNetwork: true }
    const { id } = await operator.createDeployment({ body })
    expect(await codeOf(operator.createDeployment({ body }))).toBe('deployment.name_taken')
    const openai = new OpenAI({
      baseURL: `${installation.url}/v1`,
      apiKey: installation.demoApiKey,
    })
    const messages = [{ role: 'user' as const, content: 'hello' }]
    await untilTrue(() =>
      openai.chat.completions.create({ model: 'borrowed', messages, max_tokens: 3 }),
    )
    await operator.deleteDeployment({ params: { id } })
    expect(await codeOf(operator.deleteDeployment({ params: { id } }))).toBe('deployment.not_found')
    expect(await codeOf(buyer.getModel({ params: { id: 'borrowed' } }))).toBe('model.not_found')
  })

  test('one that does not answer is refused', async () => {
    const absent = { model: 'absent', upstreamUrl: 'http://127.0.0.1:1025/v1', upstreamModel: 'x' }
    const body = { ...absent, allowsPrivateNetwork: true }
    expect(await codeOf(operator.createDeployment({ body }))).toBe(
      'deployment.upstream_unreachable',
    )
  })
})

describe('requests that cannot be read', () => {
  async function post(body: string): Promise<{ status: number; code: string }> {
    const headers = {
      authorization: `Bearer ${installation.demoApiKey}`,
      'content-type': 'application/json',
    }
    const response = await fetch(`${installation.url}/api/v1/leases`, {
      method: 'POST',
      headers,
      body,
    })
    return { status: response.status, code: ((await response.json()) as { code: string }).code }
  }

  test('a body that is not JSON and one that is too large are told apart, and neither harms the next request', async () => {
    expect(await post('{"command": ')).toEqual({ status: 400, code: 'request.malformed' })
    expect(await post(JSON.stringify({ name: 'x'.repeat(2_000_000) }))).toEqual({
      status: 413,
      code: 'request.too_large',
    })
  })

  test('every field that is wrong is named at once', async () => {
    const refused: unknown = await buyer
      .createLease({ body: { command: [], gpus: 0, graceMs: -1, maxPriceUsdPerGpuHour: '1e3' } })
      .catch((error: unknown) => error)
    const fields =
      refused instanceof ProblemError ? refused.problem.fields?.map((each) => each.field) : []
    expect(fields?.toSorted()).toEqual([
      'body.command',
      'body.gpus',
      'body.graceMs',
      'body.maxPriceUsdPerGpuHour',
    ])
  })
})
