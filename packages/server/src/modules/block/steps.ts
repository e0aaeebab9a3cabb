/**
 * The life of a block as durable steps: it begins, is charged hour by hour, sheds what broke so that it is replaced, gives its
 * leases their notice, and is settled. Each step may run again at any time: after a crash it simply happens again.
 */
import type { IdSource } from '#kernel/ids.ts'
import { findPool } from '#modules/fleet/index.ts'
import { announceBlockEnd, listOpenIdsOfBlock } from '#modules/lease/index.ts'
import { type Db, inTransaction } from '#platform/db/database.ts'
import type { StepOutcome } from '#platform/jobs/strand.ts'
import { BLOCK_GRID_MS, BLOCK_LOOK_EVERY_MS, BLOCK_METERED_AFTER_MS } from '../../limits.ts'
import { type Block, noticeWithin } from './block.ts'
import { chargeHours } from './charge-service.ts'
import { settleBlock } from './end-service.ts'
import { countHeld, shedBroken } from './held-service.ts'
import { tellBlock } from './record-service.ts'
import { noteWhatIsBack, settleSellBacks } from './sell-back-service.ts'
import { listSellBacks } from './sell-back-store.ts'
import type { BlockDeps } from './step-deps.ts'
import { changeBlock, lockBlock } from './store.ts'

interface Context {
  readonly now: Date
  readonly ids: IdSource
}

/** All of its room is there for the first time. */
async function noteReady(tx: Db, block: Block, now: Date): Promise<Block> {
  if (block.readyAt !== null || (await countHeld(tx, block.id)) < block.gpus) return block
  await changeBlock(tx, block.id, { readyAt: now })
  const text = `All ${block.gpus} GPUs are there.`
  await tellBlock(tx, block, { at: now, type: 'block.ready', text })
  return { ...block, readyAt: now }
}

function describe({ gpus, endsAt }: Block, held: number): string {
  const until = `until ${endsAt.toISOString()}`
  return held < gpus ? `${held} of ${gpus} GPUs are there, ${until}.` : `Runs ${until}.`
}

async function begin(tx: Db, block: Block): Promise<Block> {
  const held = await countHeld(tx, block.id)
  if (block.state === 'scheduled') {
    const text =
      held < block.gpus
        ? `Begins with ${held} of ${block.gpus} GPUs; what is missing is gathered, and credited.`
        : `Begins with all ${block.gpus} GPUs.`
    const type = held < block.gpus ? 'block.late' : 'block.started'
    await tellBlock(tx, block, { at: block.startsAt, type, text })
  }
  const text = describe(block, held)
  if (block.state !== 'active' || block.text !== text)
    await changeBlock(tx, block.id, { state: 'active', text })
  return { ...block, state: 'active', text }
}

/** What is due now within one transaction. Null: the block is over, and is settled by itself. */
async function advance(tx: Db, id: string, context: Context): Promise<Block | null> {
  const locked = await lockBlock(tx, id)
  if (locked === null || locked.closedAt !== null) return null
  const { now } = context
  await shedBroken(tx, locked, context)
  await noteWhatIsBack(tx, locked, now)
  const ready = await noteReady(tx, locked, now)
  if (now < ready.startsAt) return ready
  const begun = await begin(tx, ready)
  return chargeHours(tx, begun, context)
}

/** When its leases are given their notice. */
async function noticeAt(db: Db, block: Block): Promise<Date> {
  const pool = await findPool(db, block.pool)
  const noticeMs = noticeWithin(block, pool?.reclaim.on_demand.noticeMs ?? 0)
  return new Date(block.endsAt.getTime() - noticeMs)
}

/** Each lease by itself: it is locked with nothing else. */
async function giveNotices({ database, ids }: BlockDeps, block: Block, now: Date): Promise<void> {
  const { endsAt } = block
  for (const id of await listOpenIdsOfBlock(database, block.id))
    await inTransaction(database, (tx) => announceBlockEnd(tx, { id, endsAt, now, ids }))
}

function nextLook(block: Block, { now, noticeFrom }: { now: Date; noticeFrom: Date }): StepOutcome {
  const nowMs = now.getTime()
  const hour = Math.floor(nowMs / BLOCK_GRID_MS + 1) * BLOCK_GRID_MS
  const times = [block.startsAt, noticeFrom, block.endsAt].map((at) => at.getTime())
  // What breaks is seen soon, also in what is gathered before the start.
  const next = [hour, nowMs + BLOCK_LOOK_EVERY_MS, ...times].filter((atMs) => atMs > nowMs)
  return { kind: 'wait', untilMs: Math.min(...next) }
}

/** Once the meters of a block's time are written, what was paid for what it sold back is shared. */
async function shareWhatWasSold(
  { database, ids }: BlockDeps,
  id: string,
  now: Date,
): Promise<StepOutcome> {
  return inTransaction(database, async (tx) => {
    const block = await lockBlock(tx, id)
    const open = (await listSellBacks(tx, id)).filter(({ settledAt }) => settledAt === null)
    if (block === null || open.length === 0) return { kind: 'done' }
    const dueMs = block.endsAt.getTime() + BLOCK_METERED_AFTER_MS
    if (now.getTime() < dueMs) return { kind: 'wait', untilMs: dueMs }
    await settleSellBacks(tx, block, { now, ids })
    return { kind: 'done' }
  })
}

/** One step of the strand `block/<id>`. */
export async function stepBlock(deps: BlockDeps, id: string): Promise<StepOutcome> {
  const { database, ids } = deps
  const now = deps.now()
  const block = await inTransaction(database, (tx) => advance(tx, id, { now, ids }))
  if (block === null) return shareWhatWasSold(deps, id, now)
  const noticeFrom = await noticeAt(database, block)
  if (now >= noticeFrom && now < block.endsAt) await giveNotices(deps, block, now)
  if (now < block.endsAt) return nextLook(block, { now, noticeFrom })
  await settleBlock(deps, id, now)
  return shareWhatWasSold(deps, id, now)
}
