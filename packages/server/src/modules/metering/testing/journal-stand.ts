/** What tests of the journal stand on: a customer, events of one SKU, journals in a folder, shippers over them. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect } from 'vitest'
import { idSource, renderUuid, uuidBytes } from '#kernel/ids.ts'
import { money, rate, type Money } from '#kernel/money.ts'
import { defineSku, setPrice } from '#modules/catalog/index.ts'
import { getBalance, grantCredit, openCustomerAccount } from '#modules/ledger/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { cloneDatabase } from '../../../../test/harness/index.ts'
import {
  createShipper,
  verifyBooks,
  type Journal,
  type JournalRecord,
  type Shipper,
  type ShipperDeps,
  type ShipperReport,
  type UsageEvent,
} from '../index.ts'

export const { db, url } = await cloneDatabase()
export const now = new Date('2026-03-01T12:00:00.000Z')
export const ids = idSource(() => now.getTime())
export const SKU = 'tokens.toy.output'
const PRICE = { amount: money('0.61'), per: 1_000_000n, unit: 'token' } as const
const CREDIT = money('1000')
await defineSku(db, { name: SKU, unit: 'token', description: 'output' })
export const priceId = await inTransaction(db, (tx) =>
  setPrice(tx, { sku: SKU, price: PRICE, now, ids }),
)

const root = mkdtempSync(join(tmpdir(), 'spillway-journal-'))
/** Journals that were left as by a crash; only their open files are closed in the end. */
const crashes: Journal[] = []
afterAll(async () => {
  await Promise.allSettled(crashes.map((journal) => journal.close()))
  rmSync(root, { recursive: true })
})

async function expectSound(): Promise<void> {
  const { checks } = await verifyBooks(db)
  expect(checks.filter(({ isHeld }) => !isHeld)).toEqual([])
}
afterEach(() => expectSound())

let counter = 0

/** The journal is never closed, as if its process had been killed. */
export function crashing(journal: Journal): Journal {
  crashes.push(journal)
  return journal
}

export async function makeCustomer(): Promise<string> {
  const organizationId = `org_${++counter}`
  await inTransaction(db, async (tx) => {
    await openCustomerAccount(tx, organizationId)
    const source = `credit:${organizationId}`
    await grantCredit(tx, { organizationId, amount: CREDIT, source, now, ids })
  })
  return organizationId
}

export function makeEvent(
  organizationId: string,
  quantity: bigint,
  holdId: string | null = null,
): UsageEvent {
  return withQuantity(
    {
      id: renderUuid(uuidBytes(ids)),
      organizationId,
      projectId: 'prj_a',
      resource: 'toy',
      holdId,
      from: now,
      to: now,
      lines: [],
    },
    quantity,
  )
}

export function withQuantity(event: UsageEvent, quantity: bigint): UsageEvent {
  return { ...event, lines: [{ sku: SKU, priceId, quantity }] }
}

export function withUnknownPrice(event: UsageEvent): UsageEvent {
  return { ...event, lines: [{ sku: SKU, priceId: 'prc_unknown', quantity: 1n }] }
}

export const usage = (event: UsageEvent): JournalRecord => ({ kind: 'usage', event })
export const progress = (event: UsageEvent): JournalRecord => ({ kind: 'progress', event })

/** What so many tokens cost. */
export function costOf(tokens: bigint | number): Money {
  return rate(PRICE, BigInt(tokens))
}

export async function chargedTo(organizationId: string): Promise<bigint> {
  return CREDIT - (await getBalance(db, organizationId)).posted
}

export interface Stand {
  readonly directory: string
  readonly writer: string
  readonly reports: ShipperReport[]
  /** Writers that are gone. */
  readonly dead: Set<string>
  readonly makeShipper: (more?: Partial<ShipperDeps>) => Shipper
  readonly files: () => readonly string[]
}

/** A journal folder and a writer's name of its own. */
export function makeStand(): Stand {
  const directory = join(root, String(++counter))
  const reports: ShipperReport[] = []
  const dead = new Set<string>()
  const silent = () => undefined
  return {
    directory,
    writer: `gw_${++counter}`,
    reports,
    dead,
    makeShipper: (more) =>
      createShipper({
        database: db,
        directory,
        isWriterAlive: (writer) => !dead.has(writer),
        now: () => now,
        ids,
        log: { info: silent, warn: silent, error: silent },
        onReport: (report) => reports.push(report),
        ...more,
      }),
    files: () => readdirSync(directory).toSorted(),
  }
}
