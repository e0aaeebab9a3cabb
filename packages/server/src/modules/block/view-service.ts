/** Renders blocks for the API, with what the book and the ledger know of them. */
import type { Block as BlockAnswer, SellBack as SellBackAnswer } from '@spillway/contract'
import { renderMoney, ZERO } from '#kernel/money.ts'
import { listBlockClaims } from '#modules/book/index.ts'
import { listOrganizations } from '#modules/identity/index.ts'
import { listOpenHolds } from '#modules/ledger/index.ts'
import { usageOf } from '#modules/metering/index.ts'
import type { Db } from '#platform/db/database.ts'
import { type Block, wholePrice } from './block.ts'
import { feeOf } from './cancel-service.ts'
import { freeUntil } from './cancel.ts'
import { reckonTime } from './end-service.ts'
import { listLines, listSellBacks } from './sell-back-store.ts'

/** What it has now, in all and in use. */
async function countNow(db: Db, block: Block) {
  if (block.closedAt !== null) return { gpusHeld: 0, gpusInUse: 0 }
  let [gpusHeld, gpusInUse] = [0, 0]
  for (const { slots, leaseId } of await listBlockClaims(db, block.id)) {
    gpusHeld += slots.length
    if (leaseId !== null) gpusInUse += slots.length
  }
  return { gpusHeld, gpusInUse }
}

function renderCancellation(block: Block, now: Date): BlockAnswer['cancellation'] {
  const fee = feeOf(block, now)
  const { cancelTerms, startsAt } = block
  if (fee === null || cancelTerms === null) return null
  const { feePercent } = cancelTerms
  const freeAt = freeUntil(cancelTerms, startsAt)
  return { feeUsd: renderMoney(fee), freeUntil: freeAt.toISOString(), feePercent }
}

/** In the same order. */
export async function renderBlocks(
  db: Db,
  blocks: readonly Block[],
  now: Date,
): Promise<BlockAnswer[]> {
  if (blocks.length === 0) return []
  const ids = blocks.map(({ id }) => id)
  const names = new Map((await listOrganizations(db)).map(({ id, name }) => [id, name]))
  const holds = await listOpenHolds(db, 'block', ids)
  const held = new Map(holds.map(({ reference, amount }) => [reference, amount]))
  const usage = await usageOf(db, ids)
  const rendered: BlockAnswer[] = []
  for (const block of blocks) {
    const { id, name, state, text, pool, gpus, nodes, fabric } = block
    const { heldMs, usedMs, missingMs } = await reckonTime(db, block, now)
    rendered.push({
      ...{ id, organization: names.get(block.organizationId) ?? '', name, state, text, pool },
      ...{ gpus, nodes, fabric, ...(await countNow(db, block)) },
      startsAt: block.startsAt.toISOString(),
      endsAt: block.endsAt.toISOString(),
      priceUsdPerGpuHour: renderMoney(block.priceUsd),
      priceUsd: renderMoney(wholePrice(block)),
      chargedUsd: renderMoney(usage.get(id)?.charged ?? ZERO),
      heldUsd: renderMoney(held.get(id) ?? ZERO),
      creditUsd: renderMoney(block.creditUsd ?? ZERO),
      heldGpuMs: heldMs,
      usedGpuMs: block.usedGpuMs ?? usedMs,
      missingGpuMs: block.missingGpuMs ?? missingMs,
      feeUsd: block.feeUsd === null ? null : renderMoney(block.feeUsd),
      cancellation: renderCancellation(block, now),
      createdAt: block.createdAt.toISOString(),
      readyAt: block.readyAt?.toISOString() ?? null,
      closedAt: block.closedAt?.toISOString() ?? null,
    })
  }
  return rendered
}

export async function renderSellBacks(db: Db, blockId: string): Promise<SellBackAnswer[]> {
  const rendered: SellBackAnswer[] = []
  for (const { id, nodes, placements, ...each } of await listSellBacks(db, blockId)) {
    const lines = await listLines(db, id)
    rendered.push({
      ...{ id, nodes },
      gpus: placements.reduce((sum, { slots }) => sum + slots.length, 0),
      offeredAt: each.offeredAt.toISOString(),
      withdrawnAt: each.withdrawnAt?.toISOString() ?? null,
      backAt: each.backAt?.toISOString() ?? null,
      settledAt: each.settledAt?.toISOString() ?? null,
      creditUsd: renderMoney(each.creditUsd ?? ZERO),
      lines: lines.map(({ leaseId, gpuMs, paidUsd, creditUsd }) => ({
        ...{ leaseId, gpuMs, paidUsd: renderMoney(paidUsd), creditUsd: renderMoney(creditUsd) },
      })),
    })
  }
  return rendered
}
