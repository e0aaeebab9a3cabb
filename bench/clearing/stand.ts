/** What the live part of the clearing benchmark stands on: a simulated fleet, its prices, and buyers with credit. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { idSource } from '../../packages/server/src/kernel/ids.ts'
import { money } from '../../packages/server/src/kernel/money.ts'
import {
  applyFleet,
  readFleetFile,
  surveyFleet,
} from '../../packages/server/src/modules/fleet/index.ts'
import { createOrganization } from '../../packages/server/src/modules/identity/index.ts'
import { grantCredit, openCustomerAccount } from '../../packages/server/src/modules/ledger/index.ts'
import { createOrder, stepClearing } from '../../packages/server/src/modules/order/index.ts'
import { type Database, inTransaction } from '../../packages/server/src/platform/db/database.ts'
import { createSimulatedEngine } from '../../packages/server/src/platform/engines/simulated/simulated-engine.ts'
import { declarePrices } from '../../packages/server/src/processes/fleet-start.ts'

const POOL = 'paper'
const SLOTS = 8
const WINDOW_MS = 60_000
const CREDIT_USD = '1000000'

const fileOf = (nodes: number) => `
installation: benchmark
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
        notice: { on_demand: 1h, spot: 0s, flex: 0s }
        cost: { capexUsdPerGpu: 1, lifeYears: 1 }
        power: { kwPerGpu: 1 }
        simulated: { nodes: ${nodes}, slotsPerNode: ${SLOTS} }
`

export interface Buyer {
  readonly organizationId: string
  readonly projectId: string
}

async function declareFleet(nodes: number, directory: string) {
  const layout = {
    ...{ prefix: POOL, nodes, slotsPerNode: SLOTS, hardware: 'NVIDIA H200', nodesPerRack: 8 },
    ...{ racksPerFabric: 8, preemptionGraceMs: 100, killWaitMs: 100, seed: 1, anchor: null },
    faults: { nodeDownsPerNodeYear: 0, slotFaultsPerSlotYear: 0, repairMinutes: 60 },
  }
  const engine = createSimulatedEngine({ directory, layout })
  const outcome = readFleetFile(fileOf(nodes))
  if (outcome.kind === 'refused') throw new Error(JSON.stringify(outcome.faults))
  const { fleet, lineOf } = outcome
  const found = new Map([[POOL, await engine.inventory()]])
  const survey = surveyFleet({ fleet, found, lineOf })
  if (survey.kind === 'refused') throw new Error('the survey is refused')
  return { fleet, survey, found, claimedNodeIds: new Set<string>() }
}

/** A clock that goes from window to window, so that a benchmark does not wait for them. */
export async function openStand(database: Database, size: { nodes: number; buyers: number }) {
  const directory = mkdtempSync(join(tmpdir(), 'spillway-clearing-'))
  let nowMs = Date.now()
  const ids = idSource(() => nowMs)
  const now = () => new Date(nowMs)
  const context = () => ({ now: now(), ids })
  const declared = await declareFleet(size.nodes, directory)
  await inTransaction(database, async (tx) => {
    await applyFleet(tx, { ...declared, ...context() })
    await declarePrices(tx, declared.fleet, context())
  })
  const buyers: Buyer[] = []
  for (let index = 0; index < size.buyers; index++)
    buyers.push(
      await inTransaction(database, async (tx) => {
        const made = { name: `buyer ${index}`, kind: 'customer', now: now() } as const
        const { id, projectId } = await createOrganization(tx, made, { ids, pepper: 'bench' })
        await openCustomerAccount(tx, id)
        const grant = { organizationId: id, amount: money(CREDIT_USD), source: made.name }
        await grantCredit(tx, { ...grant, ...context() })
        return { organizationId: id, projectId }
      }),
    )
  return {
    buyers,
    order: (of: Buyer, gpus: number) =>
      inTransaction(database, (tx) => {
        const work = { command: ['run'], environment: {}, graceMs: 0, requeue: 'never' } as const
        const lease = { ...of, ...work, kind: 'spot', gpus, pool: POOL } as const
        const limits = { noticeSignal: 'none', maxPriceUsd: null }
        const request = { lease: { ...lease, ...limits }, limit: money('1'), expiresAt: null }
        return createOrder(tx, request, context())
      }),
    clear: () => {
      nowMs += WINDOW_MS - (nowMs % WINDOW_MS)
      return stepClearing({ database, now, ids }, POOL)
    },
    dispose: () => rmSync(directory, { recursive: true, force: true }),
  }
}

export type Stand = Awaited<ReturnType<typeof openStand>>
