import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createClient, type Client, type Lease } from '@spillway/contract'
import { afterAll, describe, expect, test } from 'vitest'
import { untilTrue } from './harness/index.ts'
import { startInstallation, type TestInstallation } from './harness/installation.ts'

const TICKING = ['sh', '-c', 'i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.1; done']

let current: TestInstallation | null = null

afterAll(async () => {
  await current?.stop()
})

function clients({ url, demoApiKey, operatorToken }: TestInstallation): {
  buyer: Client
  operator: Client
} {
  return {
    buyer: createClient({ url, credential: demoApiKey }),
    operator: createClient({ url, credential: operatorToken }),
  }
}

async function start(
  options: Parameters<typeof startInstallation>[0] = {},
): Promise<TestInstallation> {
  const dataDir = current?.dataDir
  current = await startInstallation({ ...(dataDir === undefined ? {} : { dataDir }), ...options })
  return current
}

function until(client: Client, id: string, condition: (lease: Lease) => boolean): Promise<Lease> {
  return untilTrue(
    async () => {
      const lease = await client.getLease({ params: { id } })
      return condition(lease) ? lease : null
    },
    { timeoutMs: 20_000, what: `${id}: ${condition.toString()}` },
  )
}

/** What must hold after anything: the ledger, the book, and that what was charged is what was used. */
async function expectBooksToHold(operator: Client): Promise<void> {
  const ledger = await operator.verifyLedger()
  expect(ledger.checks.filter((check) => !check.isHeld)).toEqual([])
  for (const pool of (await operator.getBooks()).pools) {
    const claimed = Object.values(pool.byKindMs).reduce((sum, ms) => sum + ms, 0)
    expect(claimed + pool.freeMs).toBe(pool.totalMs)
  }
}

async function expectNoSlotLeaked(operator: Client): Promise<void> {
  await untilTrue(async () => {
    const { items: leases } = await operator.listLeases({ query: { limit: 1000 } })
    const open = new Set(leases.filter((lease) => lease.state !== 'ended').map((lease) => lease.id))
    const { items: slots } = await operator.listSlots({ params: { pool: 'local' } })
    return slots.every((slot) => slot.kind === null || open.has(slot.leaseId ?? ''))
  })
}

function chat({ url, demoApiKey }: TestInstallation, maxTokens: number): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${demoApiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'toy',
      stream: true,
      max_tokens: maxTokens,
      messages: [{ role: 'user', content: 'go on' }],
    }),
  })
}

describe('kill -9', { timeout: 120_000 }, () => {
  test('of the server: what runs is adopted, what is gone is closed at its last confirmed instant', async () => {
    const first = await start()
    const { buyer } = clients(first)
    await untilTrue(
      async () => (await buyer.getModel({ params: { id: 'toy' } })).state === 'ready',
      { timeoutMs: 30_000 },
    )
    const survivor = await buyer.createLease({ body: { command: TICKING } })
    const doomed = await buyer.createLease({
      body: { command: ['sh', '-c', 'echo pid $$; exec sleep 600'] },
    })
    await until(buyer, survivor.id, (lease) => lease.state === 'running')
    await until(buyer, doomed.id, (lease) => lease.state === 'running')
    const pid = await untilTrue(
      async () =>
        /pid (\d+)/.exec(
          await (await buyer.getLeaseLogs({ params: { id: doomed.id } })).text(),
        )?.[1],
    )
    const stream = await chat(first, 200)
    await stream.body?.getReader().read()
    await first.kill()
    process.kill(Number(pid), 'SIGKILL')
    const killedAt = Date.now()

    const second = await start()
    const after = clients(second)
    const adopted = await until(after.buyer, survivor.id, (lease) => lease.state === 'running')
    expect(adopted.attempt).toBe(1)
    const closed = await until(after.buyer, doomed.id, (lease) => lease.state === 'ended')
    expect(closed).toMatchObject({ exitSignal: 'SIGKILL', heldUsd: '0' })
    expect(Math.abs(Date.parse(closed.endedAt ?? '') - killedAt)).toBeLessThan(3000)
    expect(closed.gpuMs).toBe(Date.parse(closed.endedAt ?? '') - Date.parse(closed.startedAt ?? ''))
    await after.buyer.stopLease({ params: { id: survivor.id } })
    const ended = await until(after.buyer, survivor.id, (lease) => lease.state === 'ended')
    expect(ended.gpuMs).toBe(Date.parse(ended.endedAt ?? '') - Date.parse(ended.startedAt ?? ''))
    await expectBooksToHold(after.operator)
    await expectNoSlotLeaked(after.operator)
  })

  test('of the server in the middle of a reclaim: the notice runs out, the victim goes, the anchor starts', async () => {
    const { buyer, operator } = clients(current ?? (await start()))
    const spot = await buyer.createLease({
      body: {
        command: ['sh', '-c', 'trap "" TERM; while :; do sleep 0.1; done'],
        gpus: 3,
        graceMs: 200,
      },
    })
    await until(buyer, spot.id, (lease) => lease.state === 'running')
    const anchor = await operator.runAnchor({ body: { command: ['true'], gpus: 3 } })
    await until(buyer, spot.id, (lease) => lease.state === 'reclaiming')
    await current?.kill()
    const after = clients(await start())
    const started = await until(after.operator, anchor.id, (lease) => lease.state === 'ended')
    const victim = await until(after.buyer, spot.id, (lease) => lease.state === 'ended')
    expect(victim).toMatchObject({ endReason: 'reclaimed', exitSignal: 'SIGKILL' })
    expect(Date.parse(victim.endedAt ?? '')).toBeLessThanOrEqual(
      Date.parse(started.startedAt ?? ''),
    )
    expect(Date.parse(victim.endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(victim.stopAt ?? ''))
    await expectBooksToHold(after.operator)
  })

  test('of PostgreSQL: requests are refused as our fault and nothing is lost when it is back', async () => {
    const installation = current ?? (await start())
    const { buyer, operator } = clients(installation)
    const lease = await buyer.createLease({ body: { command: TICKING } })
    await until(buyer, lease.id, (each) => each.state === 'running')
    const pid = Number(
      readFileSync(join(installation.dataDir, 'postgres/cluster/postmaster.pid'), 'utf8').split(
        '\n',
      )[0],
    )
    process.kill(pid, 'SIGKILL')
    const statuses = new Set<number>()
    await untilTrue(
      async () => {
        const response = await fetch(`${installation.url}/api/v1/balance`, {
          headers: { authorization: `Bearer ${installation.demoApiKey}` },
        })
        statuses.add(response.status)
        return response.status === 200 && (await fetch(`${installation.url}/readyz`)).status === 200
      },
      { timeoutMs: 30_000 },
    )
    for (const status of statuses) expect([200, 503]).toContain(status)
    expect((await until(buyer, lease.id, (each) => each.state === 'running')).attempt).toBe(1)
    await buyer.stopLease({ params: { id: lease.id } })
    const ended = await until(buyer, lease.id, (each) => each.state === 'ended')
    expect(ended.gpuMs).toBe(Date.parse(ended.endedAt ?? '') - Date.parse(ended.startedAt ?? ''))
    await expectBooksToHold(operator)
    await expectNoSlotLeaked(operator)
  })

  test('again and again, at any moment, with leases and streams in flight', async () => {
    const delivered: number[] = []
    for (let round = 0; round < 4; round++) {
      const installation = current ?? (await start())
      const { buyer } = clients(installation)
      const works = Array.from({ length: 3 }, (_, index) =>
        buyer
          .createLease({ body: { command: ['sleep', String(0.2 * (index + 1))], tier: 'flex' } })
          .catch(() => null),
      )
      const streams = Array.from({ length: 3 }, () =>
        chat(installation, 40)
          .then((response) => response.text())
          .catch(() => ''),
      )
      // A different moment each round: while leases are created, placed, started, ended.
      await untilTrue(async () => (await buyer.listLeases()).items.length > round * 3 + round, {
        timeoutMs: 5000,
      }).catch(() => null)
      await installation.kill()
      await Promise.allSettled(works)
      delivered.push((await Promise.all(streams)).join('').length)
      await start()
    }
    const { operator } = clients(current as TestInstallation)
    await untilTrue(
      async () => {
        const { items } = await operator.listLeases({ query: { limit: 1000 } })
        return items.every((lease) => lease.state === 'ended' || lease.kind === 'serving')
      },
      { timeoutMs: 30_000 },
    )
    await untilTrue(async () => (await operator.getSystem()).meterBacklogEvents === 0, {
      timeoutMs: 30_000,
    })
    await expectBooksToHold(operator)
    await expectNoSlotLeaked(operator)
  })
})

test(
  'a wall clock that is set back an hour changes no bill and no order',
  { timeout: 120_000 },
  async () => {
    await current?.kill()
    const wallFile = join(current?.dataDir ?? '', 'wall-clock')
    const environment = {
      SPILLWAY_TEST_WALL_CLOCK: wallFile,
      NODE_OPTIONS: `--import ${pathToFileURL(join(import.meta.dirname, 'harness/wall-clock.ts')).href}`,
    }
    const { buyer, operator } = clients(await start({ environment }))
    const lease = await buyer.createLease({ body: { command: TICKING } })
    await until(buyer, lease.id, (each) => each.state === 'running')
    writeFileSync(wallFile, String(-3_600_000))
    await untilTrue(async () => (await buyer.getSystem()).clockOffsetMs > 3_500_000)
    await untilTrue(async () => (await buyer.getLease({ params: { id: lease.id } })).gpuMs > 0, {
      timeoutMs: 20_000,
    })
    await current?.kill()
    const after = clients(await start({ environment }))
    await after.buyer.stopLease({ params: { id: lease.id } })
    const ended = await until(after.buyer, lease.id, (each) => each.state === 'ended')
    expect(ended.gpuMs).toBe(Date.parse(ended.endedAt ?? '') - Date.parse(ended.startedAt ?? ''))
    expect(ended.gpuMs).toBeLessThan(120_000)
    const { items: facts } = await operator
      .listLeaseFacts({ params: { id: lease.id } })
      .catch(() => after.operator.listLeaseFacts({ params: { id: lease.id } }))
    const instants = facts.map((fact) => Date.parse(fact.at))
    expect(instants).toEqual(instants.toSorted((a, b) => a - b))
    await expectBooksToHold(after.operator)
  },
)
