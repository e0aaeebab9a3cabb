/**
 * Gathers the room of blocks that are due, as the market decided, and admits leases within the room that their block has:
 * at once, without asking the market, for what is the block's is nobody else's.
 */
import { type IdSource } from '#kernel/ids.ts'
import { findBooking, listBlockClaims, lockBooking, openBlockClaims } from '#modules/book/index.ts'
import { isAnyClosed, listFaults, listNodeShapes } from '#modules/fleet/index.ts'
import type { Decision } from '#modules/market/index.ts'
import type { Db } from '#platform/db/database.ts'
import { wakeStrand } from '#platform/jobs/strand.ts'
import { fitInBlock, type IdleNode } from './block-room.ts'
import { nodesMissing } from './booked-service.ts'
import type { Lease } from './lease.ts'
import { Outdated, type Placement } from './placing-service.ts'
import { BLOCK_PROGRAM } from './record.ts'

interface Context {
  readonly now: Date
  readonly ids: IdSource
}

/** Claims what was decided for a block. Fails with `claim_no_double_sale` where somebody was quicker. */
export async function gatherBlock(
  tx: Db,
  { leaseId: blockId, placements }: Extract<Decision, { kind: 'place' }>,
  { now, ids }: Context,
): Promise<void> {
  const booking = await lockBooking(tx, blockId)
  if (booking === null || booking.closedAt !== null || booking.endsAt <= now) return
  const held = await listBlockClaims(tx, blockId)
  const slots = held.reduce((sum, claim) => sum + claim.slots.length, 0)
  if (nodesMissing(booking, slots) < placements.length) throw new Outdated()
  const { organizationId } = booking
  await openBlockClaims(tx, placements, { blockId, organizationId, leaseId: null, now, ids })
  const nodeIds = placements.map(({ nodeId }) => nodeId)
  if (await isAnyClosed(tx, nodeIds)) throw new Outdated()
  await wakeStrand(tx, { program: BLOCK_PROGRAM, subject: blockId }, now)
}

/** What blocks have idle on nodes that take work, without broken slots. */
async function listIdle(db: Db): Promise<ReadonlyMap<string, readonly IdleNode[]>> {
  const nodes = new Map((await listNodeShapes(db)).map((node) => [node.id, node]))
  const broken = new Set((await listFaults(db)).map(({ nodeId, slot }) => `${nodeId}/${slot}`))
  const idle = (await listBlockClaims(db)).filter(
    ({ leaseId, nodeId }) => leaseId === null && nodes.get(nodeId)?.isReady === true,
  )
  return new Map(
    [...Map.groupBy(idle, ({ blockId }) => blockId)].map(([blockId, own]) => [
      blockId,
      [...Map.groupBy(own, ({ nodeId }) => nodeId)].map(([nodeId, claims]) => ({
        nodeId,
        slots: claims
          .flatMap(({ slots }) => slots)
          .filter((slot) => !broken.has(`${nodeId}/${slot}`)),
        fabric: nodes.get(nodeId)?.fabric ?? null,
      })),
    ]),
  )
}

export interface BlockRound {
  readonly places: readonly Placement[]
  readonly waits: readonly {
    readonly kind: 'wait'
    readonly leaseId: string
    readonly why: string
  }[]
}

/** Decides for leases of blocks that wait, the earlier first. Who fits is placed, whoever else waits. */
export async function decideInBlocks(
  db: Db,
  waiting: readonly Lease[],
  now: Date,
): Promise<BlockRound> {
  const places: Placement[] = []
  const waits: BlockRound['waits'][number][] = []
  if (waiting.length === 0) return { places, waits }
  const idle = new Map(await listIdle(db))
  for (const lease of waiting) {
    const { id: leaseId, blockId } = lease
    const booking = await findBooking(db, blockId ?? '')
    if (booking === null || booking.startsAt > now) {
      const why = `its block to begin at ${booking?.startsAt.toISOString() ?? 'its start'}`
      waits.push({ kind: 'wait', leaseId, why })
      continue
    }
    const nodes = idle.get(booking.id) ?? []
    const placements = booking.endsAt > now ? fitInBlock(lease, nodes) : null
    if (placements === null) {
      waits.push({ kind: 'wait', leaseId, why: 'room within its block' })
      continue
    }
    places.push({ kind: 'place', leaseId, placements })
    const taken = new Map(placements.map(({ nodeId, slots }) => [nodeId, new Set(slots)]))
    idle.set(
      booking.id,
      nodes.map((node) => ({
        ...node,
        slots: node.slots.filter((slot) => taken.get(node.nodeId)?.has(slot) !== true),
      })),
    )
  }
  return { places, waits }
}
