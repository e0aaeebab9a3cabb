/**
 * Posts hour by hour what the owner's teams owe the owner's books. Each hour of a pool is posted once; hours of the last
 * days are looked at again, because the engine may tell late of what ran, and what differs is posted on top. May be run
 * again at any time, and killed at any time.
 */
import type { IdSource } from '#kernel/ids.ts'
import { type Money, renderMoney } from '#kernel/money.ts'
import { accountPool, listAnchorTime } from '#modules/book/index.ts'
import { listNodeSpans, listPools, type Pool } from '#modules/fleet/index.ts'
import { listOrganizations } from '#modules/identity/index.ts'
import { judge, type LedgerCheck, postTransfer, verifyLedger } from '#modules/ledger/index.ts'
import { type Database, type Db, inTransaction } from '#platform/db/database.ts'
import type { StepOutcome } from '#platform/jobs/strand.ts'
import { TRANSFER_AFTER_HOUR_MS, TRANSFER_BACK_MS, TRANSFER_CORRECTED_MS } from '../../limits.ts'
import {
  findLastTransferHour,
  insertTransfer,
  listTransfers,
  lockTransfers,
  type PostedLine,
  sumTransfers,
} from './transfer-store.ts'
import { differencesOf, linesOf, type TransferHour } from './transfer.ts'
import { typicalPrice } from './typical-price-service.ts'

export const TRANSFER_PROGRAM = 'transfer'
const HOUR_MS = 3_600_000

export interface TransferDeps {
  readonly database: Database
  readonly now: () => Date
  readonly ids: IdSource
  /** As the operator says; where not, nothing is posted. */
  readonly isTransferPosted: boolean
}

function hourOf(ms: number): number {
  return Math.floor(ms / HOUR_MS) * HOUR_MS
}

/** The hours to look at: those that may still change, and those that nobody came to while nothing ran. */
async function dueFrom(db: Db, pool: string, endMs: number): Promise<number | null> {
  const spans = await listNodeSpans(db, pool)
  if (spans.length === 0) return null
  const bornMs = Math.min(...spans.map(({ fromMs }) => fromMs))
  const last = await findLastTransferHour(db, pool)
  const changing = Math.min(endMs - TRANSFER_CORRECTED_MS, last?.getTime() ?? Infinity)
  return Math.max(hourOf(bornMs), hourOf(Math.max(changing, endMs - TRANSFER_BACK_MS)))
}

interface PoolHours {
  readonly pool: Pool
  readonly owner: string
  readonly fromMs: number
  readonly endMs: number
}

/** What the book says of each hour. */
async function readHours(
  db: Db,
  { pool, fromMs, endMs }: PoolHours,
): Promise<readonly Pick<TransferHour, 'usedMs' | 'idleMs'>[]> {
  const count = (endMs - fromMs) / HOUR_MS
  const window = { from: new Date(fromMs), to: new Date(endMs), count }
  const split = await accountPool(db, pool.name, window)
  const used = Map.groupBy(await listAnchorTime(db, pool.name, window), ({ index }) => index)
  const keptMs = pool.reclaim.anchorHeadroom * HOUR_MS
  return Array.from({ length: count }, (_, index) => ({
    usedMs: new Map(used.get(index)?.map((each) => [each.organizationId, each.gpuMs])),
    idleMs: BigInt(Math.min(keptMs, Math.round(split[index]?.freeMs ?? 0))),
  }))
}

/** Posts what differs for one hour; nothing when it is posted as it is. */
async function postHour(
  tx: Db,
  {
    pool,
    hour,
    ...use
  }: Omit<TransferHour, 'price'> & { readonly pool: string; readonly hour: Date },
  { now, ids }: { readonly now: Date; readonly ids: IdSource },
): Promise<void> {
  const to = new Date(hour.getTime() + HOUR_MS)
  await lockTransfers(tx, pool)
  const posted = await listTransfers(tx, pool, { from: hour, to })
  // An hour keeps the price that it was first posted at.
  const price = posted[0]?.price ?? (await typicalPrice(tx, pool, { from: hour, to }))
  const lines = differencesOf(linesOf({ ...use, price }), posted)
  if (lines.length === 0) return
  const revision = Math.max(0, ...posted.map((line) => line.revision)) + 1
  const source = `transfer:${pool}/${hour.toISOString()}/${revision}`
  const transactionId = await postTransfer(tx, { pool, lines, source, now, ids })
  await insertTransfer(tx, { pool, hour, revision, price, lines, transactionId })
}

async function postPool({ database, now, ids }: TransferDeps, hours: PoolHours): Promise<void> {
  const { pool, owner, fromMs, endMs } = hours
  const window = { from: new Date(fromMs), to: new Date(endMs) }
  const known = await listTransfers(database, pool.name, window)
  const posted = new Set(known.map(({ hour }) => hour.getTime()))
  for (const [index, use] of (await readHours(database, hours)).entries()) {
    const hour = new Date(fromMs + index * HOUR_MS)
    // Of most hours there is nothing to say.
    if (use.idleMs === 0n && use.usedMs.size === 0 && !posted.has(hour.getTime())) continue
    await inTransaction(database, (tx) =>
      postHour(tx, { pool: pool.name, hour, owner, ...use }, { now: now(), ids }),
    )
  }
}

/** One step of the strand `transfer/all`. */
export async function stepTransfer(deps: TransferDeps): Promise<StepOutcome> {
  if (!deps.isTransferPosted) return { kind: 'done' }
  const { database, now } = deps
  const endMs = hourOf(now().getTime())
  const owner = (await listOrganizations(database)).find(({ kind }) => kind === 'operator')?.id
  for (const pool of owner === undefined ? [] : await listPools(database)) {
    const fromMs = await dueFrom(database, pool.name, endMs)
    if (owner === undefined || fromMs === null || fromMs >= endMs) continue
    await postPool(deps, { pool, owner, fromMs, endMs })
  }
  return { kind: 'wait', untilMs: endMs + HOUR_MS + TRANSFER_AFTER_HOUR_MS }
}

/** Whether the ledger has what was posted, account by account. Give it a snapshot of its own. */
export async function verifyTransfers(db: Db): Promise<LedgerCheck> {
  const wanted = await sumTransfers(db)
  const held = new Map(
    (await verifyLedger(db)).accounts.flatMap(({ account, balance }) =>
      account.startsWith('internal_') ? [[account, balance] as const] : [],
    ),
  )
  const wrong = [...new Set([...wanted.keys(), ...held.keys()])].filter(
    (account) => (wanted.get(account) ?? 0n) !== (held.get(account) ?? 0n),
  )
  return judge('transfers_equal_postings', wrong, {
    held: 'What teams were charged internally is in the ledger, account by account.',
    broken: 'Internal accounts with another amount than was charged',
  })
}

function renderLine(
  { hour, organizationId, kind, gpuMs, amount, price, revision }: PostedLine,
  names: ReadonlyMap<string, string>,
) {
  return {
    ...{ hour: hour.toISOString(), organization: names.get(organizationId) ?? '', kind, revision },
    ...{ gpuMs: Number(gpuMs), usdPerGpuHour: renderMoney(price), amountUsd: renderMoney(amount) },
  }
}

/** What was posted for the hours of a stretch, for people. */
export async function answerPostings(
  db: Db,
  pool: string,
  window: { readonly from: Date; readonly to: Date },
) {
  const lines = await listTransfers(db, pool, window)
  const names = new Map((await listOrganizations(db)).map(({ id, name }) => [id, name]))
  const sum = (kind: PostedLine['kind']) =>
    renderMoney(
      lines.reduce((all, each) => all + (each.kind === kind ? each.amount : 0n), 0n) as Money,
    )
  return {
    usedUsd: sum('used'),
    keptUsd: sum('kept'),
    lines: lines.map((line) => renderLine(line, names)),
  }
}
