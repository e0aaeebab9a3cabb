/** What the meter benchmark stands on: PostgreSQL in a temporary folder, prices, and organizations with credit. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { idSource, newId } from '../../packages/server/src/kernel/ids.ts'
import { money, type Money } from '../../packages/server/src/kernel/money.ts'
import { defineSku, setPrice } from '../../packages/server/src/modules/catalog/index.ts'
import { grantCredit, openCustomerAccount } from '../../packages/server/src/modules/ledger/index.ts'
import {
  inTransaction,
  openDatabase,
  type Database,
} from '../../packages/server/src/platform/db/database.ts'
import {
  startEmbedded,
  type Embedded,
} from '../../packages/server/src/platform/db/embedded/index.ts'
import { migrate } from '../../packages/server/src/platform/db/migrate.ts'
import { SKUS, type Offer } from './events.ts'

export const ids = idSource(() => Date.now())
export const CREDIT = money('1000000')
export const PRICES = {
  input: { amount: money('0.15'), per: 1_000_000n, unit: 'token' },
  output: { amount: money('0.61'), per: 1_000_000n, unit: 'token' },
} as const

export interface Stand {
  readonly folder: string
  readonly postgres: Embedded
  readonly db: Database
  /** Organizations that nobody has used before. */
  makeOffer(organizations: number): Promise<Offer>
  close(): Promise<void>
}

export async function openStand(): Promise<Stand> {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-bench-'))
  const postgres = await startEmbedded({ dataDir: folder })
  await migrate(postgres.url).catch(async (failure: unknown) => {
    await postgres.stop()
    throw failure
  })
  const db = openDatabase(postgres.url)
  const priceIds = {
    inputPriceId: await price(db, 'input'),
    outputPriceId: await price(db, 'output'),
  }
  return {
    folder,
    postgres,
    db,
    makeOffer: async (count) => {
      const organizations = Array.from({ length: count }, () =>
        newId('organization', ids),
      ).toSorted()
      await inTransaction(db, async (tx) => {
        for (const organizationId of organizations) {
          await openCustomerAccount(tx, organizationId)
          const source = `bench:${organizationId}`
          await grantCredit(tx, { organizationId, amount: CREDIT, source, now: new Date(), ids })
        }
      })
      return { ...priceIds, organizations }
    },
    close: async () => {
      await db.destroy()
      await postgres.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The balances of an offer's organizations together; their ids follow one another. */
export async function sumBalances(db: Database, { organizations }: Offer): Promise<Money> {
  const { posted } = await db
    .selectFrom('balance')
    .select(({ fn }) => fn.sum<string>('posted').as('posted'))
    .where('account_id', '>=', accountOf(organizations[0]))
    .where('account_id', '<=', accountOf(organizations.at(-1)))
    .executeTakeFirstOrThrow()
  return money(posted)
}

export function accountOf(organizationId: string | undefined): string {
  return `customer_prepaid:${organizationId}`
}

async function price(db: Database, side: 'input' | 'output'): Promise<string> {
  const sku = SKUS[side]
  await defineSku(db, { name: sku, unit: 'token', description: `${side} tokens` })
  const request = { sku, price: PRICES[side], now: new Date(), ids }
  return inTransaction(db, (tx) => setPrice(tx, request))
}
