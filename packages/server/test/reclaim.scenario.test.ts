import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Client,
  createClient,
  type Lease,
  ProblemError,
  type Reclaim,
} from '@spillway/contract'
import { afterAll, describe, expect, test } from 'vitest'
import { untilTrue } from './harness/index.ts'
import { startInstallation, type TestInstallation } from './harness/installation.ts'

const EXAMPLE = readFileSync(new URL('../../../examples/laptop.yaml', import.meta.url), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'spillway-reclaim-'))
const fleet = join(folder, 'fleet.yaml')

/** Four slots, a short notice, half of the last hour back; flex is protected for an hour. */
const POLICY = `        reclaim:
          spot:
            by: [anchor]
            notice: 2s
            perMonthMax: 2
            compensation: { fraction: 0.5, ofLast: 1h }
          flex:
            notice: 1s
            minimumRun: 1h
            compensation: { minutes: 5 }
`

function writeFleet(policy: string): void {
  const [before = '', after = ''] = EXAMPLE.split(/ {8}reclaim:[^]*?(?= {8}cost:)/)
  writeFileSync(fleet, `${before}${policy}${after}`.replace('slots: auto', 'slots: 4'))
}

const TICKING = ['sh', '-c', 'trap "" USR1; while :; do sleep 0.1; done']

let current: TestInstallation | null = null

afterAll(async () => {
  await current?.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function start(): Promise<TestInstallation> {
  const dataDir = current?.dataDir
  const environment = { SPILLWAY_FLEET: fleet }
  current = await startInstallation({ environment, ...(dataDir === undefined ? {} : { dataDir }) })
  return current
}

function clients({ url, demoApiKey, operatorToken }: TestInstallation) {
  return {
    buyer: createClient({ url, credential: demoApiKey }),
    operator: createClient({ url, credential: operatorToken }),
  }
}

function until(client: Client, id: string, condition: (lease: Lease) => boolean): Promise<Lease> {
  return untilTrue(
    async () => {
      const lease = await client.getLease({ params: { id } })
      return condition(lease) ? lease : null
    },
    { timeoutMs: 30_000, what: `${id}: ${condition.toString()}` },
  )
}

async function runningSpot(buyer: Client, parts: object = {}): Promise<Lease> {
  const { id } = await buyer.createLease({
    body: { command: TICKING, gpus: 3, graceMs: 200, noticeSignal: 'SIGUSR1', ...parts },
  })
  return until(buyer, id, (lease) => lease.state === 'running')
}

/** Half of what the attempt cost, in picos and rounded up: its price is 0.90 per GPU-hour. */
function halfOfCost(gpus: number, ranMs: number): string {
  const exact = 900_000_000_000n * BigInt(gpus) * BigInt(ranMs)
  const picos = (exact + 7_199_999n) / 7_200_000n
  const decimals = picos.toString().padStart(13, '0')
  return `${decimals.slice(0, -12)}.${decimals.slice(-12)}`.replace(/\.?0+$/, '')
}

async function expectBooksToHold(operator: Client): Promise<void> {
  const ledger = await operator.verifyLedger()
  expect(ledger.checks.filter((check) => !check.isHeld)).toEqual([])
  expect(ledger.checks.map(({ name }) => name)).toContain('compensations_follow_terms')
}

function onlyReclaim(items: readonly Reclaim[]): Reclaim {
  expect(items.length).toBe(1)
  return items[0] as Reclaim
}

describe('a reclaim', { timeout: 120_000 }, () => {
  test('is one record from the decision to the credit, exact to the pico, and shown to both sides', async () => {
    writeFleet(POLICY)
    const { buyer, operator } = clients(await start())
    const spot = await runningSpot(buyer)
    expect(spot.terms).toMatchObject({ by: ['anchor'], noticeMs: 2000, perMonthMax: 2 })
    const anchor = await operator.runAnchor({ body: { command: ['true'], gpus: 3 } })
    const ended = await until(buyer, spot.id, (lease) => lease.state === 'ended')
    expect(ended).toMatchObject({ endReason: 'reclaimed', reclaimsInMonth: { count: 1 } })

    const own = onlyReclaim((await buyer.listLeaseReclaims({ params: { id: spot.id } })).items)
    const ranMs = Date.parse(ended.endedAt ?? '') - Date.parse(ended.startedAt ?? '')
    expect(own).toMatchObject({
      ...{ leaseId: spot.id, cause: 'outranked', byKind: 'anchor', forLeaseId: null },
      notice: { document: true, signal: true },
      goneAt: ended.endedAt,
      workLostGpuMs: 3 * ranMs,
      compensationUsd: halfOfCost(3, ranMs),
      terms: spot.terms,
    })
    const chain = [own.decidedAt, own.notice.deliveredAt, own.stopAskedAt, own.goneAt].map((at) =>
      Date.parse(at ?? ''),
    )
    expect(chain).toEqual(chain.toSorted((a, b) => a - b))
    expect(Date.parse(own.stopAskedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(own.stopAt ?? ''))
    const all = await operator.listReclaims({ query: { lease: spot.id } })
    expect(onlyReclaim(all.items)).toMatchObject({ id: own.id, forLeaseId: anchor.id })

    const books = await operator.getBooks()
    expect(books.reclaimCompensationUsd).toBe(own.compensationUsd)
    const ledger = await operator.verifyLedger()
    const account = ledger.accounts.find((each) => each.account === 'reclaim_compensation')
    expect(account?.balanceUsd).toBe(`-${own.compensationUsd}`)
    await expectBooksToHold(operator)
  })

  test('shows the same steps in the timeline of the lease, and in its events', async () => {
    const { buyer } = clients(current as TestInstallation)
    const [reclaim] = (await buyer.listReclaims()).items
    const id = reclaim?.leaseId ?? ''
    const { items } = await buyer.listLeaseFacts({ params: { id } })
    const steps = [
      'lease.notice_given',
      'lease.notice_delivered',
      'lease.stopping',
      'lease.confirmed_gone',
      'lease.reclaim_credited',
    ]
    const told = items.map(({ type }) => type).filter((type) => steps.includes(type))
    expect(told.toSorted()).toEqual(steps.toSorted())
    const credited = items.find(({ type }) => type === 'lease.reclaim_credited')
    expect(credited?.data).toMatchObject({ amountUsd: reclaim?.compensationUsd })
  })

  test('of another organization is as missing as one that there never was', async () => {
    const installation = current as TestInstallation
    const { buyer, operator } = clients(installation)
    const { apiKey } = await operator.createOrganization({ body: { name: 'somebody else' } })
    const other = createClient({ url: installation.url, credential: apiKey })
    const [reclaim] = (await buyer.listReclaims()).items
    const asked = other.getReclaim({ params: { id: reclaim?.id ?? '' } })
    const problem = await asked.catch((error: unknown) => error)
    expect(problem instanceof ProblemError && problem.problem.code).toBe('reclaim.not_found')
    expect((await other.listReclaims()).items).toEqual([])
    expect((await buyer.getReclaim({ params: { id: reclaim?.id ?? '' } })).id).toBe(reclaim?.id)
  })

  test('takes nobody within the minimum run, and the order says so to the operator and to the buyer', async () => {
    const { buyer, operator } = clients(current as TestInstallation)
    const flex = await runningSpot(buyer, { tier: 'flex' })
    const anchor = await operator.runAnchor({ body: { command: ['true'], gpus: 4 } })
    const [mine] = (await buyer.getReclaimOrder({ params: { pool: 'local' } })).items
    expect(mine).toMatchObject({ leaseId: flex.id, place: null, class: 1 })
    expect(Date.parse(mine?.protectedUntil ?? '')).toBe(
      Date.parse(flex.startedAt ?? '') + 3_600_000,
    )
    const order = (await operator.getReclaimOrder({ params: { pool: 'local' } })).items
    const place = order.findIndex(({ leaseId }) => leaseId === flex.id)
    expect(order[place]).toMatchObject({ place: place + 1 })
    // The market has looked at the anchor, and it waits.
    await until(operator, anchor.id, (lease) => /free slots/.test(lease.waitingFor ?? ''))
    expect((await buyer.getLease({ params: { id: flex.id } })).state).toBe('running')
    await operator.stopLease({ params: { id: anchor.id } })
    await buyer.stopLease({ params: { id: flex.id } })
    await until(buyer, flex.id, (lease) => lease.state === 'ended')
  })

  test('loses only what was done since the last checkpoint, and stops counting a lease that ended', async () => {
    const { buyer, operator } = clients(current as TestInstallation)
    const spot = await runningSpot(buyer)
    const { checkpointAt } = await buyer.reportCheckpoint({ params: { id: spot.id } })
    await operator.runAnchor({ body: { command: ['true'], gpus: 3 } })
    await until(buyer, spot.id, (lease) => lease.state === 'ended')
    const reclaim = onlyReclaim((await buyer.listLeaseReclaims({ params: { id: spot.id } })).items)
    const sinceMs = Date.parse(reclaim.goneAt ?? '') - Date.parse(checkpointAt)
    expect(reclaim.workLostGpuMs).toBe(3 * sinceMs)
    const late = await buyer
      .reportCheckpoint({ params: { id: spot.id } })
      .catch((error: unknown) => error)
    expect(late instanceof ProblemError && late.problem.code).toBe('lease.already_ended')
  })

  test('whose reason goes away during the notice is carried out all the same, and the record says so', async () => {
    const { buyer, operator } = clients(current as TestInstallation)
    const spot = await runningSpot(buyer)
    const anchor = await operator.runAnchor({ body: { command: ['true'], gpus: 3 } })
    await until(buyer, spot.id, (lease) => lease.state === 'reclaiming')
    await operator.stopLease({ params: { id: anchor.id } })
    await until(buyer, spot.id, (lease) => lease.state === 'ended')
    const reclaim = onlyReclaim((await buyer.listLeaseReclaims({ params: { id: spot.id } })).items)
    expect(reclaim.causeGoneAt).not.toBeNull()
    expect(reclaim.compensationUsd).not.toBe('0')
  })

  test('is on the terms that the lease was created on, whatever the policy says since; a lease at its cap is left alone', async () => {
    const first = clients(current as TestInstallation)
    const spot = await runningSpot(first.buyer, { requeue: 'on_reclaim' })
    await current?.kill()
    writeFleet(POLICY.replaceAll('0.5', '1').replace('notice: 2s', 'notice: 1h'))
    const { buyer, operator } = clients(await start())
    const { items: pools } = await buyer.listPools()
    expect(pools[0]?.reclaim.spot).toMatchObject({ noticeMs: 3_600_000 })
    for (const round of [1, 2]) {
      const anchor = await operator.runAnchor({ body: { command: ['true'], gpus: 3 } })
      await until(operator, anchor.id, (lease) => lease.state === 'ended')
      await until(buyer, spot.id, (lease) => lease.attempt > round && lease.state === 'running')
    }
    const { items } = await buyer.listLeaseReclaims({ params: { id: spot.id } })
    expect(items.map(({ terms }) => terms)).toEqual([spot.terms, spot.terms])
    const anchor = await operator.runAnchor({ body: { command: ['true'], gpus: 3 } })
    await until(operator, anchor.id, (lease) => /free slots/.test(lease.waitingFor ?? ''))
    expect(await buyer.getLease({ params: { id: spot.id } })).toMatchObject({
      state: 'running',
      reclaimsInMonth: { count: 2 },
    })
    await operator.stopLease({ params: { id: anchor.id } })
    await buyer.stopLease({ params: { id: spot.id } })
    await until(buyer, spot.id, (lease) => lease.state === 'ended')
    await expectBooksToHold(operator)
  })
})

describe('kill -9 between any two steps of a reclaim', { timeout: 180_000 }, () => {
  const reached: readonly (readonly [
    string,
    (lease: Lease, reclaim: Reclaim | undefined) => boolean,
  ])[] = [
    ['decided', (_lease, reclaim) => reclaim !== undefined],
    ['notice delivered', (_lease, reclaim) => (reclaim?.notice.deliveredAt ?? null) !== null],
    ['asked to stop', (_lease, reclaim) => (reclaim?.stopAskedAt ?? null) !== null],
    ['gone', (lease) => lease.state === 'ended'],
  ]

  test.each(reached)(
    'after %s: the credit is posted once, for the whole attempt',
    async (_what, isReached) => {
      writeFleet(POLICY)
      await current?.kill()
      const before = clients(await start())
      const spot = await runningSpot(before.buyer)
      await before.operator.runAnchor({ body: { command: ['true'], gpus: 3 } })
      await untilTrue(
        async () => {
          const lease = await before.buyer.getLease({ params: { id: spot.id } })
          const { items } = await before.buyer.listLeaseReclaims({ params: { id: spot.id } })
          return isReached(lease, items[0])
        },
        { timeoutMs: 30_000 },
      )
      await current?.kill()
      const { buyer, operator } = clients(await start())
      const ended = await until(buyer, spot.id, (lease) => lease.state === 'ended')
      const reclaim = onlyReclaim(
        (await buyer.listLeaseReclaims({ params: { id: spot.id } })).items,
      )
      const ranMs = Date.parse(ended.endedAt ?? '') - Date.parse(ended.startedAt ?? '')
      expect(reclaim.compensationUsd).toBe(halfOfCost(3, ranMs))
      expect(ended.gpuMs).toBe(3 * ranMs)
      await expectBooksToHold(operator)
    },
  )
})
