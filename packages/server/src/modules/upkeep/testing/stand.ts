/**
 * A pool on a simulated engine with everything that acts on it, for tests: the market's cycle, the steps of leases,
 * following and reconciliation, each taken when the test says so.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { idSource } from '#kernel/ids.ts'
import { money } from '#kernel/money.ts'
import { listOpenClaims } from '#modules/book/index.ts'
import { defineSku, setPrice } from '#modules/catalog/index.ts'
import { applyFleet, listNodes, readFleetFile, surveyFleet } from '#modules/fleet/index.ts'
import { createOrganization } from '#modules/identity/index.ts'
import {
  Beat,
  MeterRounds,
  createLease,
  findLease,
  type Lease,
  runCycle,
  stepLease,
  stopLease,
} from '#modules/lease/index.ts'
import { grantCredit, openCustomerAccount } from '#modules/ledger/index.ts'
import { gpuSku, TIERS } from '#modules/market/index.ts'
import { startClock } from '#platform/clock/index.ts'
import { thisMachine } from '#platform/clock/machine.ts'
import { type Database, inTransaction } from '#platform/db/database.ts'
import { createEngines, type Engine } from '#platform/engines/engine.ts'
import type { ClusterLayout } from '#platform/engines/simulated/event.ts'
import { createSimulatedEngine } from '#platform/engines/simulated/simulated-engine.ts'
import { SMALL_LAYOUT } from '#platform/engines/simulated/testing/simulated-bench.ts'
import { untilTrue } from '../../../../test/harness/index.ts'
import { follow, listen } from '../follow-service.ts'
import { reconcilePool, type ReconcileDeps } from '../reconcile-service.ts'
import { listCases } from '../store.ts'

export const POOL = 'sim'

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
        priceUsdPerGpuHour: { on_demand: 3600, spot: 3600, flex: 3600 }
        notice: { on_demand: 1h, spot: 0s, flex: 0s }
        accounts: { research: Research }
        cost: { capexUsdPerGpu: 1, lifeYears: 1 }
        power: { kwPerGpu: 1 }
        simulated: { nodes: 4, slotsPerNode: 4 }
`

interface Work {
  readonly kind?: 'on_demand' | 'spot' | 'flex'
  readonly gpus?: number
  readonly nodes?: number
  readonly requeue?: Lease['requeue']
}

/** `disguise` stands between the engine and everybody who asks it, such as one that forgets. */
export async function makeStand(
  database: Database,
  {
    disguise = (engine) => engine,
    layout = SMALL_LAYOUT,
  }: { readonly disguise?: (engine: Engine) => Engine; readonly layout?: ClusterLayout } = {},
) {
  const directory = mkdtempSync(join(tmpdir(), 'spillway-upkeep-'))
  const clock = startClock({ dataDir: directory })
  const { bootId } = thisMachine()
  const ids = idSource(() => clock.now().getTime())
  const now = clock.now
  const simulated = createSimulatedEngine({ directory, layout: { ...layout, prefix: POOL } })
  const engine = disguise(simulated)
  const engines = createEngines(new Map([[POOL, engine]]))
  const outcome = readFleetFile(FILE)
  if (outcome.kind === 'refused') throw new Error(JSON.stringify(outcome.faults))
  const { fleet, lineOf } = outcome
  const found = new Map([[POOL, await engine.inventory()]])
  const survey = surveyFleet({ fleet, found, lineOf })
  if (survey.kind === 'refused') throw new Error('the survey is refused')
  const declared = new Map(
    fleet.sites.flatMap(({ pools }) => pools.map((pool) => [pool.name, pool])),
  )
  const organization = (name: string, kind: 'operator' | 'internal' | 'customer') =>
    inTransaction(database, (tx) =>
      createOrganization(tx, { name, kind, now: now() }, { ids, pepper: 'pepper' }),
    )
  const operator = await organization('Operator', 'operator')
  const research = await organization('Research', 'internal')
  const buyer = await organization('Buyer', 'customer')
  await inTransaction(database, async (tx) => {
    const context = { now: now(), ids }
    await openCustomerAccount(tx, buyer.id)
    const grant = { organizationId: buyer.id, amount: money('100000000'), source: 'test' }
    await grantCredit(tx, { ...grant, ...context })
    await applyFleet(tx, { fleet, survey, found, claimedNodeIds: new Set(), ...context })
    for (const tier of TIERS) {
      const sku = gpuSku(POOL, tier)
      await defineSku(tx, { name: sku, unit: 'gpu_ms', description: sku })
      const price = { amount: money('3600'), per: 3_600_000n, unit: 'gpu_ms' as const }
      await setPrice(tx, { sku, price, ...context })
    }
  })
  const troubles: unknown[] = []
  const instantOf = (boot: string, ms: number) => (boot === bootId ? clock.atMonotonic(ms) : null)
  const deps: ReconcileDeps = {
    ...{ database, engines, now, instantOf, ids, declared },
    onTrouble: (_pool, error) => troubles.push(error),
  }
  const own = { beat: new Beat(), rounds: new MeterRounds(), pepper: 'pepper' }
  const onTrouble = (_id: string, error: unknown) => troubles.push(error)
  const step = (id: string) => stepLease({ ...deps, ...own, onTrouble }, id)
  const ask = (work: Work): Promise<Lease> =>
    inTransaction(database, (tx) =>
      createLease(
        tx,
        {
          ...{ organizationId: buyer.id, projectId: buyer.projectId, kind: 'spot', gpus: 1 },
          ...{ command: ['sh', '-c', 'run'], environment: {}, graceMs: 0, requeue: 'never' },
          ...{ noticeSignal: 'none', maxPriceUsd: null },
          ...work,
        },
        { now: now(), ids },
      ),
    )
  let seen: ReadonlySet<string> = new Set()
  return {
    fleet,
    ...{
      database,
      engine,
      controls: simulated.controls,
      deps,
      operator,
      research,
      buyer,
      troubles,
      step,
    },
    cycle: () => runCycle(deps),
    follow: async () => follow(deps, await listen(POOL, engine)),
    reconcile: async () => {
      const compared = await reconcilePool(deps, { pool: POOL, engine }, seen)
      seen = compared.seen
      return listCases(database, { pool: POOL, open: true, limit: 100 })
    },
    ask,
    /** A lease of the buyer that runs. */
    lease: async (work: Work = {}): Promise<Lease> => {
      const { id } = await ask(work)
      await runCycle(deps)
      await step(id)
      const lease = await findLease(database, id)
      if (lease?.state !== 'running') throw new Error(`the lease is ${lease?.state}`)
      return lease
    },
    find: async (id: string): Promise<Lease> => {
      const lease = await findLease(database, id)
      if (!lease) throw new Error(`there is no lease ${id}`)
      return lease
    },
    /** The first slot of a lease, by the name of its node. */
    placeOf: async (lease: Lease): Promise<{ node: string; slot: number }> => {
      const [first] = lease.placements
      const node = (await listNodes(database)).find(({ id }) => id === first?.nodeId)
      return { node: node?.name ?? '', slot: first?.slots[0] ?? 0 }
    },
    /** Ends a lease, whatever it does. */
    stop: async (id: string): Promise<void> => {
      await inTransaction(database, (tx) => stopLease(tx, { id, organizationId: null, now: now() }))
      await untilTrue(async () => {
        await step(id)
        return (await findLease(database, id))?.state === 'ended' ? true : null
      })
    },
    /** What the book has, as `node/slot kind`. */
    book: async (): Promise<string[]> => {
      const names = new Map((await listNodes(database)).map((node) => [node.id, node.name]))
      return (await listOpenClaims(database))
        .flatMap(({ nodeId, slots, kind }) =>
          slots.map((slot) => `${names.get(nodeId) ?? nodeId}/${slot} ${kind}`),
        )
        .toSorted()
    },
    eventTypes: async (): Promise<string[]> =>
      (await database.selectFrom('event').select('type').execute()).map(({ type }) => type),
    dispose: () => {
      clock.stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
