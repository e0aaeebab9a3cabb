/**
 * The crash storm over orders: they are made, cancelled, cleared and filled while the server, the gateway and PostgreSQL
 * are killed with SIGKILL. Then the proof, from the database and from the logs of the clearings.
 */
import { rmSync } from 'node:fs'
import { loadavg } from 'node:os'
import { readEvidence } from '../packages/server/test/harness/evidence.ts'
import {
  type OrderEvidence,
  readOrderEvidence,
} from '../packages/server/test/harness/order-evidence.ts'
import type { BenchOptions, BenchResult, Figure } from './run/result.ts'
import { localGround } from './storm/local-ground.ts'
import { OrderLoad } from './storm/order-load.ts'
import { rage } from './storm/rage.ts'
import { makeFolder, Stand } from './storm/stand.ts'

/** Windows are a minute long: kills are further apart than in the storm over leases, so that some come in between. */
const EVERY_MS = [1000, 8000] as const
const SPOT_USD = 0.9

function never(name: string, value: number): Figure {
  return { name, unit: '', value, target: { kind: 'at_most', value: 0 } }
}

function figuresOf(load: OrderLoad, evidence: OrderEvidence): readonly Figure[] {
  const { states } = evidence
  const lost = [...load.acknowledged].filter((id) => !states.has(id)).length
  const revived = [...load.cancelled].filter((id) => states.get(id) !== 'cancelled').length
  const filled = [...states.values()].filter((state) => state === 'filled').length
  return [
    never('orders lost after they were acknowledged', lost),
    never('cancelled orders that are not', revived),
    never('leases of more than one order', evidence.filledTwice),
    never('filled orders without their lease', evidence.filledWithNothing),
    never('leases at a price of an auction of no order', evidence.leasesOfNoOrder),
    never('money held for orders that are over', evidence.holdsLeaked),
    never('open orders without money held', evidence.holdsMissing),
    never('money held for leases that have ended', evidence.leaseHoldsLeaked),
    never('clearings whose fills are not what they say', evidence.clearingsBroken),
    { name: 'orders acknowledged', unit: '', value: load.acknowledged.size },
    { name: 'orders filled', unit: '', value: filled },
    { name: 'orders cancelled', unit: '', value: load.cancelled.size },
    { name: 'windows cleared', unit: '', value: evidence.clearings.length },
  ]
}

/** Windows that do not come out the same from their logs. */
async function countDiffering(stand: Stand, ids: readonly string[]): Promise<number> {
  let count = 0
  for (const id of ids) {
    const { differences } = await stand.clients().operator.getClearing({ params: { id } })
    if (differences.length > 0) count++
  }
  return count
}

async function storm(kills: number): Promise<{ figures: readonly Figure[]; hit: string }> {
  const folder = makeFolder()
  const stand = new Stand(localGround(folder).environment, folder)
  try {
    await stand.start()
    const load = new OrderLoad(stand.clients, SPOT_USD)
    const running = load.run()
    const victims = {
      server: () => stand.killServer(),
      gateway: () => stand.killGateway(),
      PostgreSQL: () => stand.killPostgres(),
    }
    const counts = await rage(victims, kills, EVERY_MS)
    load.end()
    await running
    const evidence = await readOrderEvidence(stand.dataDir)
    const { overlappingClaims, leaked } = await readEvidence(stand.dataDir)
    const { checks } = await stand.clients().operator.verifyLedger()
    return {
      figures: [
        { name: 'kill -9', unit: '', value: kills },
        ...figuresOf(load, evidence),
        never(
          'clearings that compute otherwise from their logs',
          await countDiffering(stand, evidence.clearings),
        ),
        never('claims that overlap in the book', overlappingClaims),
        never('claims left open without a lease', leaked),
        never('broken checks of the ledger', checks.filter(({ isHeld }) => !isHeld).length),
      ],
      hit: Object.entries(counts)
        .map(([name, count]) => `${name} ${count}`)
        .join(', '),
    }
  } finally {
    await stand.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

export const flags = ['kills'] as const

export default async function bench({ quick, flags: given }: BenchOptions): Promise<BenchResult> {
  const load = loadavg()[0] ?? 0
  const { figures, hit } = await storm(Number(given['kills'] ?? (quick ? 12 : 100)))
  return {
    title: 'The crash storm over orders',
    figures,
    notes: [
      `Killed ${hit}. Spot orders at limits of up to the list price, and a fifth of them on demand in line for room, of 1 or 2 slots; a sixth of the time one is cancelled. Windows are a minute long.`,
      `The load average was ${load.toFixed(2)} before the run and ${(loadavg()[0] ?? 0).toFixed(2)} after it.`,
    ],
  }
}
