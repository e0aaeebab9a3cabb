/** A pool of four nodes with four slots, and buyers with credit, under a clock that the test moves. For tests of orders. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { present } from '#kernel/assert.ts'
import { type IdSource, idSource } from '#kernel/ids.ts'
import { money } from '#kernel/money.ts'
import { defineSku, setPrice } from '#modules/catalog/index.ts'
import { applyFleet, readFleetFile, surveyFleet } from '#modules/fleet/index.ts'
import { createOrganization } from '#modules/identity/index.ts'
import {
  Beat,
  createLease,
  findLease,
  type LeaseRequest,
  MeterRounds,
  runCycle,
  stepLease,
} from '#modules/lease/index.ts'
import { getBalance, grantCredit, openCustomerAccount } from '#modules/ledger/index.ts'
import { gpuSku, TIERS } from '#modules/market/index.ts'
import { type Database, inTransaction } from '#platform/db/database.ts'
import { createEngines } from '#platform/engines/engine.ts'
import { createSimulatedEngine } from '#platform/engines/simulated/simulated-engine.ts'
import { SMALL_LAYOUT } from '#platform/engines/simulated/testing/simulated-bench.ts'
import { makeClock } from '../../../../test/harness/index.ts'
import { stepClearing } from '../clearing-service.ts'
import { createOrder, type OrderRequest } from '../service.ts'
import { findOrder } from '../store.ts'

export const POOL = 'sim'
export const WINDOW_MS = 60_000

const PRICES = { on_demand: '2', spot: '1', flex: '0.5' } as const

const NOTICE = '{ on_demand: 1h, spot: 0s, flex: 0s }'

const fileWith = (notice: string) => `
installation: test
sites:
  - name: lab
    region: nowhere
    jurisdiction: none
    ownership: owned
    powerUsdPerKwh: 0.1
    pools:
      - name: ${POOL}
        engine: simulated
        priceUsdPerGpuHour: { on_demand: 2, spot: 1, flex: 0.5 }
        notice: ${notice}
        cost: { capexUsdPerGpu: 1, lifeYears: 1 }
        power: { kwPerGpu: 1 }
        simulated: { nodes: 4, slotsPerNode: 4 }
`

export interface Buyer {
  readonly organizationId: string
  readonly projectId: string
}

export interface Asked {
  readonly gpus?: number
  readonly nodes?: number
  readonly limit?: string | null
  readonly expiresAt?: Date
  readonly kind?: LeaseRequest['kind']
  readonly quote?: string
  readonly start?: 'now' | 'when_it_fits'
  readonly guaranteeHours?: number
  readonly command?: readonly string[]
  readonly requeue?: LeaseRequest['requeue']
}

export interface StandOptions {
  /** As the fleet file has it. */
  readonly notice?: string
  /** Identifiers in the order in which they are asked for, also within one instant. */
  readonly areIdsInOrder?: boolean
}

function idsAt(clock: { readonly now: () => Date }, areInOrder: boolean): IdSource {
  const source = idSource(() => clock.now().getTime())
  if (!areInOrder) return source
  let given = 0
  const randomBytes = (size: number) => {
    const bytes = new Uint8Array(size)
    new DataView(bytes.buffer).setUint32(2, ++given)
    return bytes
  }
  return { ...source, randomBytes }
}

async function declareFleet(
  database: Database,
  now: Date,
  seed: StandOptions & { readonly directory: string },
) {
  const clock = makeClock(now.toISOString())
  const machine = {
    ...{ wallMs: () => clock.now().getTime(), monotonicMs: clock.monotonicMs },
    ...{ uptimeMs: () => null, bootId: 'boot' },
  }
  const layout = { ...SMALL_LAYOUT, prefix: POOL }
  const engine = createSimulatedEngine({ directory: seed.directory, layout, machine })
  const outcome = readFleetFile(fileWith(seed.notice ?? NOTICE))
  if (outcome.kind === 'refused') throw new Error(JSON.stringify(outcome.faults))
  const { fleet, lineOf } = outcome
  const found = new Map([[POOL, await engine.inventory()]])
  const survey = surveyFleet({ fleet, found, lineOf })
  if (survey.kind === 'refused') throw new Error('the survey is refused')
  const ids = idsAt(clock, seed.areIdsInOrder ?? false)
  await inTransaction(database, async (tx) => {
    const context = { now: clock.now(), ids }
    await applyFleet(tx, { fleet, survey, found, claimedNodeIds: new Set(), ...context })
    for (const tier of TIERS) {
      const sku = gpuSku(POOL, tier)
      await defineSku(tx, { name: sku, unit: 'gpu_ms', description: sku })
      const price = { amount: money(PRICES[tier]), per: 3_600_000n, unit: 'gpu_ms' as const }
      await setPrice(tx, { sku, price, ...context })
    }
  })
  return { clock, engine, ids }
}

export async function makeOrderStand(database: Database, options: StandOptions = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'spillway-order-'))
  const start = new Date('2026-01-01T00:00:00.000Z')
  const { clock, engine, ids } = await declareFleet(database, start, { ...options, directory })
  const context = () => ({ now: clock.now(), ids })
  const deps = { database, now: clock.now, ids }
  const leaseDeps = {
    ...{ ...deps, engines: createEngines(new Map([[POOL, engine]])), pepper: 'pepper' },
    instantOf: (_boot: string, monotonicMs: number) => clock.atMonotonic(monotonicMs),
    ...{ beat: new Beat(), rounds: new MeterRounds() },
    onTrouble: (_lease: string, error: unknown) => {
      throw error
    },
  }
  const buyer = async (name: string, creditUsd = '1000'): Promise<Buyer> =>
    inTransaction(database, async (tx) => {
      const made = { name, kind: 'customer', now: clock.now() } as const
      const { id, projectId } = await createOrganization(tx, made, { ids, pepper: 'pepper' })
      await openCustomerAccount(tx, id)
      const grant = { organizationId: id, amount: money(creditUsd), source: name }
      if (creditUsd !== '0') await grantCredit(tx, { ...grant, ...context() })
      return { organizationId: id, projectId }
    })
  const work = (of: Buyer, asked: Asked): LeaseRequest => {
    const { gpus = 1, nodes, kind = 'spot', command = ['sh', '-c', 'run'], requeue } = asked
    return {
      ...{ ...of, kind, gpus, nodes, pool: POOL, command, environment: {} },
      ...{ graceMs: 0, requeue: requeue ?? 'never', noticeSignal: 'none', maxPriceUsd: null },
    }
  }
  const request = (of: Buyer, asked: Asked): OrderRequest => {
    const limit = asked.limit === null ? null : money(asked.limit ?? '1')
    const { expiresAt = null, quote, start, guaranteeHours } = asked
    return { lease: work(of, asked), limit, expiresAt, quote, start, guaranteeHours }
  }
  return {
    ...{ database, clock, ids, deps, request, buyer, context },
    order: (of: Buyer, asked: Asked = {}) =>
      inTransaction(database, (tx) => createOrder(tx, request(of, asked), context())),
    lease: (of: Buyer, asked: Asked) =>
      inTransaction(database, (tx) => createLease(tx, work(of, asked), context())),
    find: async (id: string) => present(await findOrder(database, id), `the order ${id}`),
    findLease: async (id: string | null) => present(await findLease(database, id ?? ''), 'a lease'),
    held: async ({ organizationId }: Buyer) => (await getBalance(database, organizationId)).held,
    /** Goes to the end of the window that is open, and clears it. */
    clear: () => {
      const nowMs = clock.now().getTime()
      clock.advance(WINDOW_MS - (nowMs % WINDOW_MS))
      return stepClearing(deps, POOL)
    },
    cycle: () => runCycle(leaseDeps),
    stepLease: (id: string) => stepLease(leaseDeps, id),
    eventTypes: async (): Promise<string[]> =>
      (await database.selectFrom('event').select('type').execute()).map(({ type }) => type),
    dispose: () => rmSync(directory, { recursive: true, force: true }),
  }
}

export type OrderStand = Awaited<ReturnType<typeof makeOrderStand>>
