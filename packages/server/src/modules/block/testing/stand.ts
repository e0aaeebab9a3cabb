/** A pool of four nodes with four slots, buyers with credit and the steps of leases and blocks, under a clock that the test moves. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { present } from '#kernel/assert.ts'
import { idSource } from '#kernel/ids.ts'
import { money } from '#kernel/money.ts'
import { listOpenClaims } from '#modules/book/index.ts'
import { defineSku, setPrice } from '#modules/catalog/index.ts'
import { applyFleet, quarantineNode, readFleetFile, surveyFleet } from '#modules/fleet/index.ts'
import { createOrganization } from '#modules/identity/index.ts'
import {
  Beat,
  createLease,
  findLease,
  type LeaseRequest,
  listFacts as listLeaseFacts,
  listOpenLeases,
  MeterRounds,
  runCycle,
  stepLease,
} from '#modules/lease/index.ts'
import {
  getBalance,
  grantCredit,
  openCustomerAccount,
  verifyLedger,
} from '#modules/ledger/index.ts'
import { gpuSku, TIERS } from '#modules/market/index.ts'
import { type Database, inTransaction } from '#platform/db/database.ts'
import { createEngines } from '#platform/engines/engine.ts'
import { createSimulatedEngine } from '#platform/engines/simulated/simulated-engine.ts'
import { SMALL_LAYOUT } from '#platform/engines/simulated/testing/simulated-bench.ts'
import { makeClock } from '../../../../test/harness/index.ts'
import { askBlock } from '../lease-service.ts'
import { sellBack, withdraw } from '../sell-back-service.ts'
import { type BlockRequest, createBlock } from '../service.ts'
import { stepBlock } from '../steps.ts'
import { findBlock, listBlocks } from '../store.ts'
import { verifyBlocks } from '../verification-service.ts'

export const POOL = 'sim'
export const HOUR_MS = 3_600_000

const PRICES = { on_demand: '2', spot: '1', flex: '0.5' } as const

const FILE = `
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
        notice: { on_demand: 10m, spot: 5m, flex: 0s }
        cost: { capexUsdPerGpu: 1, lifeYears: 1 }
        power: { kwPerGpu: 1 }
        simulated: { nodes: 4, slotsPerNode: 4 }
`

export interface Buyer {
  readonly organizationId: string
  readonly projectId: string
}

async function declareFleet(database: Database, start: Date, directory: string) {
  const clock = makeClock(start.toISOString())
  const machine = {
    ...{ wallMs: () => clock.now().getTime(), monotonicMs: clock.monotonicMs },
    ...{ uptimeMs: () => null, bootId: 'boot' },
  }
  const layout = { ...SMALL_LAYOUT, prefix: POOL }
  const engine = createSimulatedEngine({ directory, layout, machine })
  const outcome = readFleetFile(FILE)
  if (outcome.kind === 'refused') throw new Error(JSON.stringify(outcome.faults))
  const { fleet, lineOf } = outcome
  const found = new Map([[POOL, await engine.inventory()]])
  const survey = surveyFleet({ fleet, found, lineOf })
  if (survey.kind === 'refused') throw new Error('the survey is refused')
  const ids = idSource(() => clock.now().getTime())
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

const NO_EXTRAS = { requeue: 'never', noticeSignal: 'none', maxPriceUsd: null } as const

export interface AskedBlock {
  readonly gpus: number
  readonly nodes?: number
  /** Hours after the stand began. */
  readonly from: number
  readonly to: number
  readonly fabric?: 'same' | 'any'
  readonly maxPrice?: string
}

export interface AskedLease extends Partial<
  Pick<LeaseRequest, 'nodes' | 'timeLimitMs' | 'command'>
> {
  readonly gpus: number
  readonly kind?: LeaseRequest['kind']
  readonly block?: string
  readonly after?: 'end' | 'on_demand'
}

export async function makeBlockStand(database: Database) {
  const directory = mkdtempSync(join(tmpdir(), 'spillway-block-'))
  const start = new Date('2026-01-01T00:00:00.000Z')
  const { clock, engine, ids } = await declareFleet(database, start, directory)
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
  const at = (hours: number) => new Date(start.getTime() + hours * HOUR_MS)
  const buyer = async (name: string, creditUsd = '10000'): Promise<Buyer> =>
    inTransaction(database, async (tx) => {
      const made = { name, kind: 'customer', now: clock.now() } as const
      const { id, projectId } = await createOrganization(tx, made, { ids, pepper: 'pepper' })
      await openCustomerAccount(tx, id)
      const grant = { organizationId: id, amount: money(creditUsd), source: name }
      if (creditUsd !== '0') await grantCredit(tx, { ...grant, ...context() })
      return { organizationId: id, projectId }
    })
  const request = (of: Buyer, { from, to, maxPrice, ...asked }: AskedBlock): BlockRequest => ({
    ...{ ...of, pool: POOL, fabric: 'any', ...asked, startsAt: at(from), endsAt: at(to) },
    maxPriceUsd: maxPrice === undefined ? null : money(maxPrice),
  })
  const lease = (of: Buyer, { kind = 'on_demand', block, after = 'end', ...asked }: AskedLease) =>
    inTransaction(database, async (tx) => {
      const { gpus, nodes } = asked
      const within = { id: block ?? '', organizationId: of.organizationId, after, gpus, nodes }
      const terms = block === undefined ? {} : await askBlock(tx, within, context())
      const work: LeaseRequest = {
        ...{ ...of, kind, pool: POOL, command: ['sh', '-c', 'run'], environment: {}, graceMs: 0 },
        ...{ ...NO_EXTRAS, ...asked, ...terms },
      }
      return createLease(tx, work, context())
    })
  /** One look of the market, the leases and the blocks. */
  const look = async () => {
    await runCycle(leaseDeps)
    for (const { id } of await listOpenLeases(database)) await stepLease(leaseDeps, id)
    for (const { id } of await listBlocks(database, { organizationId: null, limit: 100 }))
      await stepBlock(deps, id)
  }
  return {
    ...{ database, clock, engine, ids, deps, at, buyer, request, context, lease, look },
    buy: (of: Buyer, asked: AskedBlock) =>
      inTransaction(database, (tx) => createBlock(tx, request(of, asked), context())),
    sell: ({ organizationId }: Buyer, id: string, nodes: number) =>
      inTransaction(database, (tx) => sellBack(tx, { id, organizationId, nodes }, context())),
    want: ({ organizationId }: Buyer, id: string) =>
      inTransaction(database, (tx) => withdraw(tx, { id, organizationId }, context())),
    block: async (id: string) => present(await findBlock(database, id), `the block ${id}`),
    findLease: async (id: string) => present(await findLease(database, id), `the lease ${id}`),
    leaseFacts: async (id: string) => listLeaseFacts(database, id),
    balance: ({ organizationId }: Buyer) => getBalance(database, organizationId),
    /** Goes to an hour after the start, looking every so often on the way. */
    goTo: async (hours: number, everyMs = 300_000) => {
      while (clock.now() < at(hours)) {
        clock.advance(Math.min(everyMs, at(hours).getTime() - clock.now().getTime()))
        await look()
      }
      await look()
    },
    /** Open claims by kind. */
    slots: async (): Promise<Record<string, number>> => {
      const counts: Record<string, number> = {}
      for (const { kind, slots } of await listOpenClaims(database))
        counts[kind] = (counts[kind] ?? 0) + slots.length
      return counts
    },
    loseNode: (nodeId: string) =>
      inTransaction(database, (tx) =>
        quarantineNode(tx, { id: nodeId, reason: 'it broke', actor: 'a test', now: clock.now() }),
      ),
    /** What does not hold of the ledger and of blocks. */
    wrong: async () => {
      const { checks } = await verifyLedger(database)
      const all = [...checks, ...(await verifyBlocks(database))]
      return all.filter(({ isHeld }) => !isHeld).map(({ text }) => text)
    },
    dispose: () => rmSync(directory, { recursive: true, force: true }),
  }
}

export type BlockStand = Awaited<ReturnType<typeof makeBlockStand>>
