import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createClient, type Lease } from '@spillway/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLocalEngine } from '#platform/engines/local/local-engine.ts'
import { cloneDatabase, untilTrue } from './harness/index.ts'
import { startInstallation, type TestInstallation } from './harness/installation.ts'

const { url: databaseUrl } = await cloneDatabase()

let installation: TestInstallation
const operator = () =>
  createClient({ url: installation.url, credential: installation.operatorToken })
const buyer = () => createClient({ url: installation.url, credential: installation.demoApiKey })

beforeAll(async () => {
  installation = await startInstallation({ databaseUrl })
})
afterAll(() => installation.stop())

function engine() {
  const directory = join(installation.dataDir, 'engine')
  return createLocalEngine({ directory, environment: process.env })
}

function untilLease(id: string, condition: (lease: Lease) => boolean): Promise<Lease> {
  return untilTrue(async () => {
    const lease = await operator().getLease({ params: { id } })
    return condition(lease) ? lease : null
  })
}

async function runningLease(command = ['sleep', '600']): Promise<Lease> {
  const { id } = await buyer().createLease({ body: { command } })
  return untilLease(id, (lease) => lease.state === 'running')
}

async function onlyNode() {
  const { items } = await operator().listNodes()
  const [node] = items
  if (!node) throw new Error('the installation has no node')
  return node
}

async function expectBookToAddUp(): Promise<void> {
  for (const pool of (await operator().getBooks()).pools) {
    const claimed = Object.values(pool.byKindMs).reduce((sum, ms) => sum + ms, 0)
    expect(claimed + pool.freeMs).toBe(pool.totalMs)
  }
}

/** Compares now, twice, because what may settle by itself has to be found again. */
async function casesOf(kind: string) {
  return untilTrue(async () => {
    const { askedAt } = await operator().runReconciliation({ body: {} })
    const { cases } = await untilTrue(async () => {
      const seen = await operator().getReconciliation()
      return seen.pools.every((run) => run.startedAt >= askedAt) && seen
    })
    const found = cases.filter((each) => each.kind === kind)
    return found.length > 0 ? found : null
  })
}

describe('a node', () => {
  test('that is drained takes no new work; what runs goes on, and the free slots are maintenance', async () => {
    const lease = await runningLease()
    const { id, slotCount } = await onlyNode()
    const drained = await operator().drainNode({ params: { id }, body: { reason: 'new fan' } })
    expect(drained).toMatchObject({ state: 'draining', reason: 'new fan' })
    expect(drained.leases.map((each) => each.id)).toContain(lease.id)
    const taken = drained.leases.reduce((sum, each) => sum + each.slots.length, 0)
    expect(drained.slotsByKind).toMatchObject({ maintenance: slotCount - taken, free: 0 })
    expect(drained.facts[0]).toMatchObject({ type: 'node.drained', text: 'Drained: new fan.' })
    const waiting = await buyer().createLease({ body: { command: ['true'] } })
    await untilLease(waiting.id, (each) => each.waitingFor?.includes('0 free now') ?? false)
    const resumed = await operator().resumeNode({ params: { id }, body: {} })
    expect(resumed).toMatchObject({ state: 'ready', reason: null })
    await untilLease(waiting.id, (each) => each.state === 'ended')
    expect((await untilLease(lease.id, () => true)).state).toBe('running')
    await buyer().stopLease({ params: { id: lease.id } })
    await untilLease(lease.id, (each) => each.state === 'ended')
    await expectBookToAddUp()
  })

  test('that is evacuated gives notice to what runs there, and holds the slots as they become free', async () => {
    const lease = await runningLease()
    const { id } = await onlyNode()
    await operator().drainNode({ params: { id }, body: { reason: 'move', evacuate: true } })
    const going = await untilLease(lease.id, (each) => each.state !== 'running')
    expect(going.noticeAt).not.toBeNull()
    // The signal of the notice may have ended it already.
    await buyer()
      .stopLease({ params: { id: lease.id } })
      .catch(() => undefined)
    await untilLease(lease.id, (each) => each.state === 'ended')
    await untilTrue(async () =>
      (await operator().getNode({ params: { id } })).slotsByKind['free'] === 0 ? true : null,
    )
    await operator().resumeNode({ params: { id }, body: { reason: 'moved' } })
    await expectBookToAddUp()
  })

  test('with a lease cannot be taken out, and one that is broken is not sold', async () => {
    const lease = await runningLease()
    const { id } = await onlyNode()
    await expect(
      operator().retireNode({ params: { id }, body: { reason: 'sold' } }),
    ).rejects.toMatchObject({ problem: { code: 'node.in_use' } })
    const broken = await operator().quarantineNode({ params: { id }, body: { reason: 'sparks' } })
    expect(broken).toMatchObject({ state: 'faulty', reason: 'sparks' })
    expect(broken.slotsByKind['faulty']).toBeGreaterThan(0)
    await operator().resumeNode({ params: { id }, body: {} })
    await buyer().stopLease({ params: { id: lease.id } })
    await untilLease(lease.id, (each) => each.state === 'ended')
  })

  test('that does not exist is node.not_found', async () => {
    const params = { id: 'nod_00000000000000000000000000' }
    await expect(operator().getNode({ params })).rejects.toMatchObject({
      problem: { code: 'node.not_found', status: 404 },
    })
  })
})

describe('reconciliation', () => {
  test('stops an attempt that the book does not know, and keeps the case', async () => {
    const attemptId = 'lse_00000000000000000000000stray-1'.replace('stray', '0000a')
    const { node } = (await engine().inventory())[0] ?? { node: 'local' }
    await engine().admit({
      ...{ attemptId, leaseId: attemptId.slice(0, -2), organizationId: 'org', kind: 'spot' },
      tenant: 'owner',
      ...{ placements: [{ node, slots: [0] }], acceleratorKind: 'cpu', command: ['sleep', '600'] },
      ...{ environment: {}, workingDirectory: null, timeLimitMs: null },
    })
    const stray = await untilTrue(async () => {
      await operator().runReconciliation({ body: {} })
      const query = { kind: 'stray_attempt' } as const
      const { items } = await operator().listReconciliationCases({ query })
      return items[0]?.closedAt ? items[0] : null
    })
    expect(stray).toMatchObject({ subject: attemptId, needsOperator: false })
    expect(['gone', 'absent']).toContain((await engine().observe(attemptId)).state)
  })

  test('keeps the claim of a lease whose record is lost until the operator confirms that it is gone', async () => {
    const lease = await runningLease(['sh', '-c', 'echo $$; exec sleep 600'])
    const confirmation = { params: { id: lease.id }, body: { reason: 'looked at the machine' } }
    await expect(operator().confirmLeaseGone(confirmation)).rejects.toMatchObject({
      problem: { code: 'lease.still_present', status: 409 },
    })
    const pid = await untilTrue(async () => {
      const log = await buyer().getLeaseLogs({ params: { id: lease.id } })
      return /\d+/.exec(await log.text())?.[0]
    })
    rmSync(join(installation.dataDir, 'engine', `${lease.id}-1`), { recursive: true })
    process.kill(Number(pid), 'SIGKILL')
    rmSync(join(installation.dataDir, 'engine', `${lease.id}-1`), { recursive: true, force: true })
    const [lost] = await casesOf('attempt_lost')
    expect(lost).toMatchObject({ subject: lease.id, needsOperator: true })
    const { slots } = await operator().getNode({ params: { id: (await onlyNode()).id } })
    expect(slots.some((slot) => slot.leaseId === lease.id)).toBe(true)
    const ended = await operator().confirmLeaseGone(confirmation)
    expect(ended).toMatchObject({ state: 'ended', endReason: 'lost', heldUsd: '0' })
    await untilTrue(async () => {
      await operator().runReconciliation({ body: {} })
      const { cases } = await operator().getReconciliation()
      return cases.every((each) => each.subject !== lease.id) ? true : null
    })
    await expectBookToAddUp()
  })

  test('is told as metrics, and a pool that does not exist is refused', async () => {
    const metrics = await (await fetch(`${installation.url}/metrics`)).text()
    expect(metrics).toContain(
      'spillway_reconciliation_cases_total{pool="local",kind="stray_attempt"}',
    )
    await expect(operator().runReconciliation({ body: { pool: 'none' } })).rejects.toMatchObject({
      problem: { code: 'pool.not_found' },
    })
  })
})
