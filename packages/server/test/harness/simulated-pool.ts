/**
 * A pool of four simulated nodes with four slots each, under a clock that the test moves, with a real database and a
 * customer with credit: cycles of the market and steps of leases run when the test looks. Spot gives way to replicas.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { idSource } from '#kernel/ids.ts'
import { money } from '#kernel/money.ts'
import { defineSku, setPrice } from '#modules/catalog/index.ts'
import { applyFleet, readFleetFile, surveyFleet } from '#modules/fleet/index.ts'
import { createOrganization } from '#modules/identity/index.ts'
import {
  Beat,
  createLease,
  type LeaseRequest,
  listOpenLeases,
  MeterRounds,
  runCycle,
  stepLease,
} from '#modules/lease/index.ts'
import { grantCredit, openCustomerAccount } from '#modules/ledger/index.ts'
import { gpuSku, TIERS } from '#modules/market/index.ts'
import { type Database, inTransaction } from '#platform/db/database.ts'
import { createEngines } from '#platform/engines/engine.ts'
import { createSimulatedEngine } from '#platform/engines/simulated/simulated-engine.ts'
import { SMALL_LAYOUT } from '#platform/engines/simulated/testing/simulated-bench.ts'
import { makeClock } from './clock.ts'

const POOL = 'p'

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
        priceUsdPerGpuHour: { on_demand: 2, spot: 0.9, flex: 0.5 }
        reclaim:
          on_demand: { notice: 1h }
          spot: { by: [anchor, serving], notice: 2s, compensation: { minutes: 10 } }
        cost: { capexUsdPerGpu: 1, lifeYears: 1 }
        power: { kwPerGpu: 1 }
        simulated: { nodes: 4, slotsPerNode: 4 }
`

function makeEngine(directory: string) {
  const clock = makeClock()
  const machine = {
    ...{ wallMs: () => clock.now().getTime(), monotonicMs: clock.monotonicMs },
    ...{ uptimeMs: () => null, bootId: 'boot' },
  }
  const layout = { ...SMALL_LAYOUT, prefix: POOL }
  return { clock, engine: createSimulatedEngine({ directory, layout, machine }) }
}

async function declare(
  database: Database,
  { engine, clock }: ReturnType<typeof makeEngine>,
): Promise<Pick<LeaseRequest, 'organizationId' | 'projectId'>> {
  const outcome = readFleetFile(FILE)
  if (outcome.kind === 'refused') throw new Error(JSON.stringify(outcome.faults))
  const { fleet, lineOf } = outcome
  const found = new Map([[POOL, await engine.inventory()]])
  const survey = surveyFleet({ fleet, found, lineOf })
  if (survey.kind === 'refused') throw new Error('the survey is refused')
  const ids = idSource(() => clock.now().getTime())
  const context = { now: clock.now(), ids }
  return inTransaction(database, async (tx) => {
    await applyFleet(tx, { fleet, survey, found, claimedNodeIds: new Set(), ...context })
    for (const tier of TIERS) {
      const sku = gpuSku(POOL, tier)
      await defineSku(tx, { name: sku, unit: 'gpu_ms', description: sku })
      const price = { amount: money('0.9'), per: 3_600_000n, unit: 'gpu_ms' as const }
      await setPrice(tx, { sku, price, ...context })
    }
    const made = { name: 'buyer', kind: 'customer', now: context.now } as const
    const { id, projectId } = await createOrganization(tx, made, { ids, pepper: 'pepper' })
    await openCustomerAccount(tx, id)
    const credit = { organizationId: id, amount: money('1000'), source: 'credit' }
    await grantCredit(tx, { ...credit, ...context })
    return { organizationId: id, projectId }
  })
}

export async function makeSimulatedPool(database: Database) {
  const directory = mkdtempSync(join(tmpdir(), 'spillway-simulated-pool-'))
  const made = makeEngine(directory)
  const { clock, engine } = made
  const owner = await declare(database, made)
  const ids = idSource(() => clock.now().getTime())
  const context = () => ({ now: clock.now(), ids })
  const deps = {
    ...{ database, now: clock.now, ids, pepper: 'pepper' },
    engines: createEngines(new Map([[POOL, engine]])),
    instantOf: (_boot: string, monotonicMs: number) => clock.atMonotonic(monotonicMs),
    ...{ beat: new Beat(), rounds: new MeterRounds() },
    onTrouble: (_lease: string, error: unknown) => {
      throw error
    },
  }
  const work = { ...owner, pool: POOL, command: ['run'], environment: {}, graceMs: 0 }
  const terms = { requeue: 'never', noticeSignal: 'SIGTERM', maxPriceUsd: null } as const
  return {
    ...{ pool: POOL, slots: 16, database, clock, ids, owner, context },
    /** A lease of the customer that waits. */
    ask: (kind: LeaseRequest['kind'], gpus: number) =>
      inTransaction(database, (tx) =>
        createLease(tx, { ...work, ...terms, kind, gpus }, context()),
      ),
    /** One cycle of the market, then one step of every lease that is open, after so long. */
    look: async (afterMs = 1000) => {
      clock.advance(afterMs)
      await runCycle(deps)
      for (const { id } of await listOpenLeases(database)) await stepLease(deps, id)
    },
    dispose: () => rmSync(directory, { recursive: true, force: true }),
  }
}

export type SimulatedPool = Awaited<ReturnType<typeof makeSimulatedPool>>
