/** Leases within a block: on its pool, within its size, paid with it. */
import { counted } from '#kernel/counted.ts'
import { Fault } from '#kernel/fault.ts'
import { ZERO } from '#kernel/money.ts'
import { defineSku, setPrice } from '#modules/catalog/index.ts'
import { findPool } from '#modules/fleet/index.ts'
import type { AskBlock } from '#modules/lease/index.ts'
import { inBlockSku } from '#modules/market/index.ts'
import { type Block, noticeWithin } from './block.ts'
import { findBlock } from './store.ts'

/** Over how many nodes of the block; throws where it could never fit. */
function nodesFor(block: Block, gpus: number, asked: number | undefined): number {
  const perNode = block.gpus / block.nodes
  const nodes = asked ?? Math.ceil(gpus / perNode)
  const isFitting = gpus <= block.gpus && gpus % nodes === 0 && gpus / nodes <= perNode
  if (isFitting && (nodes <= block.nodes || gpus / nodes <= perNode / 2)) return nodes
  const shape = `${counted(block.nodes, 'node')} with ${counted(perNode, 'GPU')} each`
  throw new Fault(
    'lease.over_capacity',
    `${counted(gpus, 'GPU')} over ${counted(nodes, 'node')} do not fit within the block, which is ${shape}.`,
    { details: { gpusMax: block.gpus } },
  )
}

export const askBlock: AskBlock = async (tx, { id, organizationId, after, ...asked }, context) => {
  const block = await findBlock(tx, id)
  if (block?.organizationId !== organizationId)
    throw new Fault('block.not_found', `You have no block ${id}.`)
  if (block.closedAt !== null || block.endsAt <= context.now)
    throw new Fault('block.over', `This block was over at ${block.endsAt.toISOString()}.`)
  const pool = await findPool(tx, block.pool)
  const sku = inBlockSku(block.pool)
  const description = `GPU time on ${block.pool} within a block, paid with it`
  await defineSku(tx, { name: sku, unit: 'gpu_ms', description })
  const price = { amount: ZERO, per: 3_600_000n, unit: 'gpu_ms' } as const
  const priceId = await setPrice(tx, { sku, price, ...context })
  const noticeMs = noticeWithin(block, pool?.reclaim.on_demand.noticeMs ?? 0)
  return {
    pool: block.pool,
    nodes: nodesFor(block, asked.gpus, asked.nodes),
    block: { id, after, noticeMs },
    agreedPrice: { id: priceId, sku, amount: ZERO },
  }
}
