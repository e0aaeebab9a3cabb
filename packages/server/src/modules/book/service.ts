/** Questions to the book: where a pool's slot-time went. */
import { listNodeSpans } from '#modules/fleet/index.ts'
import type { Db } from '#platform/db/database.ts'
import { accountBuckets, type SlotTime } from './conservation.ts'
import { type AnchorTime, listAnchorHours, listClaimSpans } from './store.ts'

/** Slot-time of one node by claim kind, in `count` buckets over a window. */
export async function accountNode(
  db: Db,
  node: { readonly id: string; readonly pool: string },
  window: { readonly from: Date; readonly to: Date; readonly count: number },
): Promise<readonly SlotTime[]> {
  const spans = (await listNodeSpans(db, node.pool)).filter(({ id }) => id === node.id)
  const claims = await listClaimSpans(db, [node.id], window)
  const bounds = { fromMs: window.from.getTime(), toMs: window.to.getTime(), count: window.count }
  return accountBuckets(bounds, spans, claims)
}

/** Slot-time of a pool by claim kind, in `count` buckets over a window. */
export async function accountPool(
  db: Db,
  pool: string,
  window: { readonly from: Date; readonly to: Date; readonly count: number },
): Promise<readonly SlotTime[]> {
  const nodes = await listNodeSpans(db, pool)
  const claims = await listClaimSpans(
    db,
    nodes.map((node) => node.id),
    window,
  )
  const bounds = { fromMs: window.from.getTime(), toMs: window.to.getTime(), count: window.count }
  return accountBuckets(bounds, nodes, claims)
}

/** GPU time of the owner's work on a pool, hour by hour and by whose it was. */
export async function listAnchorTime(
  db: Db,
  pool: string,
  window: { readonly from: Date; readonly count: number },
): Promise<readonly AnchorTime[]> {
  const nodes = await listNodeSpans(db, pool)
  return listAnchorHours(
    db,
    nodes.map(({ id }) => id),
    window,
  )
}
