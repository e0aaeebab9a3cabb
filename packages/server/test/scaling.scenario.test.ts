/** A model that sleeps is woken by whoever asks, takes room that is sold for less, and gives it back; with real replicas. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient, type Lease, ProblemError } from '@spillway/contract'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { untilTrue } from './harness/index.ts'
import { startInstallation, type TestInstallation } from './harness/installation.ts'

const EXAMPLE = readFileSync(new URL('../../../examples/laptop.yaml', import.meta.url), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'spillway-scaling-'))
const fleet = join(folder, 'fleet.yaml')
const WORDS = [{ role: 'user' as const, content: 'Once upon a time' }]
const TICKING = ['sh', '-c', 'while :; do sleep 0.1; done']

let installation: TestInstallation
let buyer: Client
let operator: Client
let openai: OpenAI

/** Two slots, spot that gives way to tokens after a second, and tokens so dear that any of them is worth more. */
function writeFleet(): void {
  const autoscale = 'autoscale: { min: 0, max: 2, idle: 3s, steady: 2s }'
  const text = EXAMPLE.replace('slots: auto', 'slots: 2')
    .replace(
      'by: [anchor, on_demand]\n            notice: 10s',
      'by: [serving]\n            notice: 1s',
    )
    .replace('replicas: 1', autoscale)
    .replace('input: 0.10', 'input: 500')
    .replace('output: 0.40', 'output: 500')
  writeFileSync(fleet, text)
}

beforeAll(async () => {
  writeFleet()
  installation = await startInstallation({ environment: { SPILLWAY_FLEET: fleet } })
  const { url, demoApiKey, operatorToken } = installation
  buyer = createClient({ url, credential: demoApiKey })
  operator = createClient({ url, credential: operatorToken })
  openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: demoApiKey, maxRetries: 0 })
}, 120_000)

afterAll(async () => {
  await installation.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function deployment() {
  const [found] = (await operator.listDeployments()).items
  if (!found) throw new Error('there is no deployment')
  return found
}

async function bids() {
  const { id } = await deployment()
  return operator.listBids({ params: { id }, query: {} })
}

function ask(tokens = 200) {
  return openai.chat.completions.create({ model: 'toy', messages: WORDS, max_tokens: tokens })
}

function until(what: string, condition: () => Promise<unknown>): Promise<unknown> {
  return untilTrue(condition, { timeoutMs: 60_000, what })
}

async function isAsleep(): Promise<boolean> {
  const model = await buyer.getModel({ params: { id: 'toy' } })
  const leases = (await operator.listLeases({ query: { limit: 100 } })).items
  return (
    model.state === 'asleep' &&
    leases.every((each) => each.kind !== 'serving' || each.state === 'ended')
  )
}

function spot(): Promise<Lease> {
  const body = {
    command: TICKING,
    gpus: 1,
    tier: 'spot' as const,
    requeue: 'on_reclaim' as const,
    graceMs: 100,
  }
  return buyer.createLease({ body })
}

async function statesOf(leases: readonly Lease[]): Promise<readonly string[]> {
  const found = await Promise.all(leases.map(({ id }) => buyer.getLease({ params: { id } })))
  return found.map(({ state }) => state)
}

describe('a model that scales', { timeout: 240_000 }, () => {
  test('is asleep until somebody asks, is woken, answers, is paid for, and sleeps again', async () => {
    await until('it sleeps', isAsleep)
    const answer = await ask()
    expect(answer.usage?.completion_tokens).toBeGreaterThan(0)
    const { moves, coldStarts } = await bids()
    expect(moves[0]).toMatchObject({ why: 'asked', replicasFrom: 0, replicasTo: 1 })
    expect(coldStarts).toHaveLength(1)
    const { coldStartMs } = await deployment()
    expect(coldStartMs).toBe(coldStarts[0]?.loadedMs)
    await until('it sleeps again', isAsleep)
    expect((await bids()).moves[0]).toMatchObject({ why: 'idle', replicasFrom: 1, replicasTo: 0 })
  })

  test('is not woken by who could not pay for its answer', async () => {
    await until('it sleeps', isAsleep)
    const { moves } = await bids()
    const { apiKey } = await operator.createOrganization({ body: { name: 'penniless' } })
    const theirs = new OpenAI({ baseURL: `${installation.url}/v1`, apiKey, maxRetries: 0 })
    const asked = theirs.chat.completions.create({ model: 'toy', messages: WORDS, max_tokens: 9 })
    expect(await asked.catch((error: unknown) => error)).toMatchObject({
      ...{ status: 429, code: 'insufficient_quota' },
    })
    // One that wakes it is answered when it is up, also by a refusal.
    expect(await isAsleep()).toBe(true)
    expect((await bids()).moves).toEqual(moves)
  })

  test('takes room that is sold for less, by notice, and gives it back', async () => {
    await until('it sleeps', isAsleep)
    const leases = [await spot(), await spot()]
    await until('both run', async () =>
      (await statesOf(leases)).every((each) => each === 'running'),
    )
    const asked = ask()
    await until(
      'one gives way',
      async () => !(await statesOf(leases)).every((each) => each === 'running'),
    )
    expect((await asked).usage?.completion_tokens).toBeGreaterThan(0)
    const { items } = await operator.listReclaims({ query: {} })
    expect(items[0]).toMatchObject({ cause: 'outranked', byKind: 'serving' })
    const [move] = (await bids()).moves
    expect(move).toMatchObject({ why: 'asked', askUsd: '0.9' })
    expect(Number(move?.bidNextUsd)).toBeGreaterThan(0.9)
    await until('both run again', async () =>
      (await statesOf(leases)).every((each) => each === 'running'),
    )
    expect(await isAsleep()).toBe(true)
    for (const { id } of leases) await buyer.stopLease({ params: { id } })
  })

  test('keeps books that balance, and charges nothing for what was not served', async () => {
    const { moves } = await bids()
    expect(moves.map(({ replicasTo }) => replicasTo)).toEqual([0, 1, 0, 1])
    const ledger = await operator.verifyLedger()
    expect(ledger.checks.filter((check) => !check.isHeld)).toEqual([])
  })

  test('is kept in bounds by its operator, who is told what does not fit', async () => {
    const { id } = await deployment()
    const scale = (body: object) => operator.scaleDeployment({ params: { id }, body })
    const refused = await scale({ replicasMin: 3, replicasMax: 2 }).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(ProblemError)
    expect((refused as ProblemError).problem.code).toBe('deployment.bounds_wrong')
    const fixed = await scale({ policy: 'fixed', replicasMax: 1 })
    expect(fixed).toMatchObject({ replicasMin: 1, replicasMax: 1, replicasWanted: 1 })
    await until('it serves', () => ask(1).then(Boolean, () => false))
    // Many at once, some still in line when the replica is to go: every one of them is answered in full.
    const asked = Array.from({ length: 24 }, () => ask(60))
    await Promise.race(asked)
    await scale({ policy: 'autoscale', replicasMin: 0, replicasMax: 0 })
    const answers = await Promise.all(asked)
    expect(answers.every(({ choices }) => choices[0]?.finish_reason !== null)).toBe(true)
    await until('it is gone', async () => (await deployment()).replicas.length === 0)
    const nobody = ask().catch((error: unknown) => error)
    expect(await nobody).toMatchObject({ status: 503, code: 'model_not_ready' })
  })
})
