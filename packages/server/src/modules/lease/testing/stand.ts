/**
 * A pool on a simulated cluster under a clock that the test moves, with a real database: the market's cycle and the
 * steps of leases run as the controller runs them, one look at a time.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LeaseKind, ReclaimPolicy, ReclaimTerms } from '@spillway/contract'
import { present } from '#kernel/assert.ts'
import { idSource, newId } from '#kernel/ids.ts'
import { money } from '#kernel/money.ts'
import { defineSku, setPrice } from '#modules/catalog/index.ts'
import { grantCredit, openCustomerAccount } from '#modules/ledger/index.ts'
import { type Database, inTransaction } from '#platform/db/database.ts'
import { createEngines } from '#platform/engines/engine.ts'
import {
  createSimulatedEngine,
  type SimulatedEngine,
} from '#platform/engines/simulated/simulated-engine.ts'
import { SMALL_LAYOUT } from '#platform/engines/simulated/testing/simulated-bench.ts'
import { type FakeClock, makeClock } from '../../../../test/harness/index.ts'
import { Beat } from '../beat.ts'
import { runCycle } from '../cycle.ts'
import type { Lease } from '../lease.ts'
import { MeterRounds } from '../meter-round-service.ts'
import { createLease } from '../service.ts'
import type { LeaseStepDeps } from '../step-deps.ts'
import { stepLease } from '../steps.ts'
import { findLease, listFacts, listOpenLeases } from '../store.ts'

export function terms(parts: Partial<ReclaimTerms> = {}): ReclaimTerms {
  const compensation = { kind: 'minutes', minutes: 10 } as const
  const limits = { minimumRunMs: 0, perMonthMax: null, compensation }
  return { by: ['anchor'], noticeMs: 30_000, ...limits, ...parts }
}

const POLICY: ReclaimPolicy = {
  ...{ on_demand: terms({ by: [] }), spot: terms(), flex: terms() },
  evictionBatch: { leasesMax: null, slotsPercentMax: 100 },
  anchorHeadroom: 0,
}

export interface Stand {
  readonly clock: FakeClock
  readonly engine: SimulatedEngine
  readonly deps: LeaseStepDeps
  /** A lease that waits; anchor work where the kind says so. */
  readonly ask: (kind: LeaseKind, gpus: number, command?: readonly string[]) => Promise<Lease>
  /** One cycle of the market, then one step of every lease that is open, after so long. */
  readonly look: (afterMs?: number) => Promise<void>
  readonly lease: (id: string) => Promise<Lease>
  /** The types of its facts, oldest first. */
  readonly facts: (id: string) => Promise<readonly string[]>
  readonly dispose: () => void
}

interface Declared {
  readonly nodes: readonly string[]
  readonly policy: ReclaimPolicy
  readonly clock: FakeClock
  readonly creditUsd: string
}

async function declare(
  db: Database,
  { nodes, policy, clock, creditUsd }: Declared,
): Promise<{ organizationId: string; projectId: string }> {
  const ids = idSource(() => clock.now().getTime())
  const now = clock.now()
  const [organizationId, projectId] = [newId('organization', ids), newId('project', ids)]
  await inTransaction(db, async (tx) => {
    const site = { name: 's', region: 'r', jurisdiction: 'j', ownership: 'owned', pue: 1 }
    await tx
      .insertInto('site')
      .values({ ...site, power_usd_per_kwh: '0' })
      .execute()
    const pool = { name: 'p', site_name: 's', accelerator: 'a', accelerator_kind: 'gpu' }
    const costs = { capex_usd_per_gpu: '0', residual_fraction: 0, life_years: 1 }
    const power = { power_kw_per_gpu: 0, idle_power_fraction: 0, opex_usd_per_gpu_hour: '0' }
    const promise = { engine: 'simulated', finding: 'f', reclaim: JSON.stringify(policy) }
    await tx
      .insertInto('pool')
      .values({ ...pool, ...costs, ...power, ...promise })
      .execute()
    const slots = { pool_name: 'p', slot_count: SMALL_LAYOUT.slotsPerNode, state: 'ready' }
    await tx
      .insertInto('node')
      .values(
        nodes.map((name) => ({
          id: newId('node', ids),
          name,
          ...slots,
          hardware: 'h',
          active_from: now,
        })),
      )
      .execute()
    const organization = { id: organizationId, name: 'buyer', kind: 'customer', created_at: now }
    await tx.insertInto('organization').values(organization).execute()
    const project = { id: projectId, organization_id: organizationId, name: 'default' }
    await tx
      .insertInto('project')
      .values({ ...project, created_at: now })
      .execute()
    await openCustomerAccount(tx, organizationId)
    const credit = { organizationId, amount: money(creditUsd), source: 'credit', now, ids }
    await grantCredit(tx, credit)
    for (const tier of ['on_demand', 'spot', 'flex']) {
      const sku = `gpu.p.${tier}`
      await defineSku(tx, { name: sku, unit: 'gpu_ms', description: tier })
      const price = { amount: money('0.9'), per: 3_600_000n, unit: 'gpu_ms' } as const
      await setPrice(tx, { sku, price, now, ids })
    }
  })
  return { organizationId, projectId }
}

/** Four nodes with four slots each. */
export async function makeStand(
  db: Database,
  { creditUsd = '1000', ...policy }: Partial<ReclaimPolicy> & { readonly creditUsd?: string } = {},
): Promise<Stand> {
  const clock = makeClock()
  const directory = mkdtempSync(join(tmpdir(), 'spillway-lease-stand-'))
  const machine = {
    ...{ wallMs: () => clock.now().getTime(), monotonicMs: clock.monotonicMs },
    ...{ uptimeMs: () => null, bootId: 'boot' },
  }
  const engine = createSimulatedEngine({ directory, layout: SMALL_LAYOUT, machine })
  const nodes = (await engine.inventory()).map(({ node }) => node)
  const owner = await declare(db, { nodes, policy: { ...POLICY, ...policy }, clock, creditUsd })
  const ids = idSource(() => clock.now().getTime())
  const deps: LeaseStepDeps = {
    ...{ database: db, engines: createEngines(new Map([['p', engine]])), now: clock.now, ids },
    instantOf: (_boot, monotonicMs) => clock.atMonotonic(monotonicMs),
    pepper: 'pepper',
    ...{ beat: new Beat(), rounds: new MeterRounds() },
    onTrouble: (_lease, error) => {
      throw error
    },
  }
  const lease = async (id: string) => present(await findLease(db, id), `the lease ${id}`)
  const look = async (afterMs = 1000) => {
    clock.advance(afterMs)
    await runCycle(deps)
    for (const { id } of await listOpenLeases(db)) await stepLease(deps, id)
  }
  return {
    ...{ clock, engine, deps, lease, look },
    ask: (kind, gpus, command = ['run']) =>
      inTransaction(db, (tx) =>
        createLease(
          tx,
          {
            ...{ ...owner, kind, gpus, command, environment: {}, graceMs: 0, requeue: 'never' },
            ...{ noticeSignal: 'SIGTERM', maxPriceUsd: null },
          },
          { now: clock.now(), ids },
        ),
      ),
    facts: async (id) => (await listFacts(db, id)).map(({ type }) => type),
    dispose: () => rmSync(directory, { recursive: true, force: true }),
  }
}
