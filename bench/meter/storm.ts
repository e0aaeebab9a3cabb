/**
 * The crash storm: two writers, a shipper and PostgreSQL, one of which is killed with SIGKILL every moment; then the
 * proof. An event counts as acknowledged when the writer said so, and as stored when its row is in the database.
 */
import { randomInt } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { money, rate } from '../../packages/server/src/kernel/money.ts'
import { verifyBooks } from '../../packages/server/src/modules/metering/index.ts'
import type { Database } from '../../packages/server/src/platform/db/database.ts'
import { Crew, type Member, type WriterMember } from './crew.ts'
import { quantitiesOf, readEventId, SKUS, type Offer } from './events.ts'
import { accountOf, CREDIT, PRICES, sumBalances, type Stand } from './stand.ts'

const WRITERS = 2
type Victim = 'writer' | 'shipper' | 'postgres'
const VICTIMS: readonly Victim[] = ['writer', 'shipper', 'postgres']

export interface StormPlan {
  readonly kills: number
  readonly everyMs: number
  readonly perSecond: number
}

export interface StormProof {
  readonly kills: Readonly<Record<Victim, number>>
  readonly acknowledged: number
  readonly stored: number
  /** Acknowledged, and not stored, or stored with another quantity. */
  readonly lost: number
  /** Rows beyond one an event and line. */
  readonly doubled: number
  /** Picos by which events × price, ledger and balances differ. */
  readonly moneyDifference: bigint
  readonly brokenChecks: readonly string[]
}

export async function runStorm(stand: Stand, offer: Offer, plan: StormPlan): Promise<StormProof> {
  const { folder, postgres, db } = stand
  const crew = new Crew({ folder: join(folder, 'storm'), offer, databaseUrl: postgres.url })
  const writers = Array.from({ length: WRITERS }, () => crew.startWriter(plan.perSecond / WRITERS))
  let shipper: Member = crew.startShipper()
  const kills = { writer: 0, shipper: 0, postgres: 0 }
  for (let index = 0; index < plan.kills; index++) {
    await pause(randomInt(plan.everyMs / 2, (plan.everyMs * 3) / 2))
    // Each kind in turn, then at random: so that a short run has all.
    const victim = VICTIMS[index < VICTIMS.length ? index : randomInt(VICTIMS.length)] ?? 'writer'
    if (victim === 'postgres') await killPostgres(stand)
    kills[victim]++
    if (victim === 'shipper') {
      shipper.child.kill('SIGKILL')
      await shipper.ended
      shipper = crew.startShipper()
    }
    if (victim === 'writer') await replaceWriter(crew, writers, plan)
  }
  await pause(plan.everyMs)
  for (const writer of writers) writer.child.kill('SIGKILL')
  await Promise.all(writers.map(({ ended }) => ended))
  await untilShipped(crew.directory)
  shipper.child.kill('SIGKILL')
  await shipper.ended
  return prove(db, offer, { kills, writers: crew.everyone })
}

/** Once it is up again after the last time. */
async function killPostgres({ db, postgres }: Stand): Promise<void> {
  for (;;) {
    const answer = await db
      .selectFrom('sku')
      .select('name')
      .execute()
      .catch(() => null)
    if (answer !== null && tryKill(postgres.pid)) return
    await pause(50)
  }
}

/** False when there is no such process: its successor is up, and not known yet. */
function tryKill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}

async function replaceWriter(crew: Crew, writers: WriterMember[], plan: StormPlan): Promise<void> {
  const index = randomInt(writers.length)
  const old = writers[index]
  old?.child.kill('SIGKILL')
  await old?.ended
  writers[index] = crew.startWriter(plan.perSecond / WRITERS)
}

/** Every writer is dead, so in the end the folder is empty. */
async function untilShipped(directory: string): Promise<void> {
  const deadlineMs = performance.now() + 300_000
  while (readdirSync(directory).length > 0) {
    if (performance.now() > deadlineMs)
      throw new Error('the journals were not shipped in five minutes')
    await pause(50)
  }
}

async function prove(
  db: Database,
  offer: Offer,
  {
    kills,
    writers,
  }: { readonly kills: StormProof['kills']; readonly writers: readonly WriterMember[] },
): Promise<StormProof> {
  const rows = await readRows(db, offer)
  const stored = new Map(rows.map(({ id, sku, least }) => [nameOf(readEventId(id), sku), least]))
  const acknowledged = writers.flatMap(({ writer, acknowledged: numbers }) =>
    [...numbers.keys()].map((sequence) => ({ writer, sequence })),
  )
  const lost = acknowledged.filter((number) => {
    const { input, output } = quantitiesOf(number)
    return (
      stored.get(nameOf(number, SKUS.input)) !== input ||
      stored.get(nameOf(number, SKUS.output)) !== output
    )
  })
  const { checks } = await verifyBooks(db)
  return {
    kills,
    acknowledged: acknowledged.length,
    stored: new Set(rows.map(({ id }) => id)).size,
    lost: lost.length,
    doubled: rows.filter(({ copies }) => BigInt(copies) > 1n).length,
    moneyDifference: await compareMoney(db, offer),
    brokenChecks: checks.filter(({ isHeld }) => !isHeld).map(({ name }) => name),
  }
}

function nameOf({ writer, sequence }: { writer: number; sequence: number }, sku: string): string {
  return `${writer} ${sequence} ${sku}`
}

/** Every event and SKU with how often it is there. */
async function readRows(db: Database, { organizations }: Offer) {
  return db
    .selectFrom('usage_event')
    .select(['id', 'sku'])
    .select(({ fn }) => [fn.min('quantity').as('least'), fn.countAll().as('copies')])
    .where('organization_id', '>=', organizations[0] ?? '')
    .where('organization_id', '<=', organizations.at(-1) ?? '')
    .groupBy(['id', 'sku'])
    .execute()
}

/** Events times price, computed from the raw rows alone, against the ledger's entries and against the balances. */
async function compareMoney(db: Database, offer: Offer): Promise<bigint> {
  const first = offer.organizations[0]
  const last = offer.organizations.at(-1)
  const hours = await db
    .selectFrom('usage_event')
    .select(['organization_id', 'sku'])
    .select((where) => [
      where.fn<Date>('date_trunc', [where.val('hour'), 'from_at', where.val('UTC')]).as('hour'),
      where.fn.sum<string>('quantity').as('quantity'),
    ])
    .where('organization_id', '>=', first ?? '')
    .where('organization_id', '<=', last ?? '')
    .groupBy(['organization_id', 'sku', 'hour'])
    .execute()
  const owed = hours.reduce((sum, { sku, quantity }) => {
    const price = sku === SKUS.input ? PRICES.input : PRICES.output
    return sum + rate(price, BigInt(quantity))
  }, 0n)
  const { entries } = await db
    .selectFrom('ledger_entry')
    .select(({ fn }) => fn.sum<string>('amount').as('entries'))
    .where('account_id', '>=', accountOf(first))
    .where('account_id', '<=', accountOf(last))
    .executeTakeFirstOrThrow()
  const credit = CREDIT * BigInt(offer.organizations.length)
  const left = [money(entries), await sumBalances(db, offer)]
  return left
    .map((each) => credit - each - owed)
    .reduce((sum, each) => sum + (each < 0n ? -each : each), 0n)
}
