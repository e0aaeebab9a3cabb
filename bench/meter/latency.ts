/** From a gateway's acknowledgement to the balance that anybody can read, at a steady rate, over 1,000 organizations. */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Database } from '../../packages/server/src/platform/db/database.ts'
import { Crew } from './crew.ts'
import { quantitiesOf, type Offer } from './events.ts'
import { CREDIT, PRICES, sumBalances, type Stand } from './stand.ts'

const PER_SECOND = 1_000
const LOOK_EVERY_MS = 2
const WARM_UP_MS = 1_000

export interface Latency {
  readonly events: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly greatestMs: number
}

interface Look {
  readonly micros: bigint
  readonly spent: bigint
}

export async function measureLatency(
  { db, folder, postgres }: Stand,
  offer: Offer,
  durationMs: number,
): Promise<Latency> {
  const crew = new Crew({ folder: join(folder, 'latency'), offer, databaseUrl: postgres.url })
  const shipper = crew.startShipper()
  const writer = crew.startWriter(PER_SECOND)
  const looks: Look[] = []
  const endMs = performance.now() + WARM_UP_MS + durationMs
  while (performance.now() < endMs) looks.push(await look(db, offer))
  writer.child.send('end')
  await writer.ended
  const lastMs = performance.now() + 10_000
  for (let left = true; left && performance.now() < lastMs;) {
    looks.push(await look(db, offer))
    left = (looks.at(-1)?.spent ?? 0n) < spentAfter(writer.acknowledged.size)
  }
  shipper.child.kill('SIGKILL')
  await shipper.ended
  return summarize(writer.acknowledged, looks)
}

/** What all balances of the offer have spent together, in picos, and when that was known. */
async function look(db: Database, offer: Offer): Promise<Look> {
  await pause(LOOK_EVERY_MS)
  const left = await sumBalances(db, offer)
  const micros = process.hrtime.bigint() / 1000n
  return { micros, spent: CREDIT * BigInt(offer.organizations.length) - left }
}

/** What the first so many events cost together: their prices come out without a rest. */
function spentAfter(events: number): bigint {
  let spent = 0n
  for (let sequence = 0; sequence < events; sequence++) spent += costOf(sequence)
  return spent
}

function costOf(sequence: number): bigint {
  const { input, output } = quantitiesOf({ writer: 0, sequence })
  return (
    (PRICES.input.amount / PRICES.input.per) * input +
    (PRICES.output.amount / PRICES.output.per) * output
  )
}

/** An event is visible at the first look by which the balances have paid for it and all before it. */
function summarize(acknowledged: ReadonlyMap<number, bigint>, looks: readonly Look[]): Latency {
  const delays: number[] = []
  let spent = 0n
  let at = 0
  for (const [sequence, micros] of [...acknowledged].toSorted(([a], [b]) => a - b)) {
    spent += costOf(sequence)
    while (at < looks.length && (looks[at]?.spent ?? 0n) < spent) at++
    const seen = looks[at]
    if (seen === undefined) throw new Error(`event ${sequence} was never seen in a balance`)
    if (sequence >= (PER_SECOND * WARM_UP_MS) / 1000)
      delays.push(Number(seen.micros - micros) / 1000)
  }
  const sorted = delays.toSorted((a, b) => a - b)
  const quantile = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return {
    events: sorted.length,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    greatestMs: sorted.at(-1) ?? Number.NaN,
  }
}
