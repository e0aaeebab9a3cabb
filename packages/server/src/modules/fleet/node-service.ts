/** What the operator does to a node in the record. Engines are told by whoever calls. */
import { Fault } from '#kernel/fault.ts'
import type { Db } from '#platform/db/database.ts'
import { recordNodeFact } from './inventory-service.ts'
import * as store from './store.ts'

export interface NodeCommand {
  readonly id: string
  readonly reason: string
  /** The key of whoever asks. */
  readonly actor: string
  readonly now: Date
}

type KnownNode = NonNullable<Awaited<ReturnType<typeof store.findNode>>>

/** Throws `node.not_found`. */
export async function getNode(db: Db, id: string): Promise<KnownNode> {
  const node = await store.findNode(db, id)
  if (!node) throw new Fault('node.not_found', `There is no node ${id}.`)
  return node
}

/** Keeps new work off a node. Draining twice changes the reason. */
export async function drainNode(tx: Db, { id, reason, actor, now }: NodeCommand): Promise<void> {
  const node = await getNode(tx, id)
  await store.saveCauses(tx, id, { ...node, drainReason: reason })
  const text = `Drained: ${reason}.`
  await recordNodeFact(tx, node, { at: now, actor, type: 'node.drained', text })
}

/** Marks a node as broken, by the operator or by a check that it failed. */
export async function quarantineNode(
  tx: Db,
  { id, reason, actor, now }: Omit<NodeCommand, 'actor'> & { readonly actor: string | null },
): Promise<void> {
  const node = await getNode(tx, id)
  await store.saveCauses(tx, id, { ...node, quarantineReason: reason })
  const text = `Quarantined: ${reason}.`
  await recordNodeFact(tx, node, { at: now, actor, type: 'node.quarantined', text })
}

/** Takes a drain and a quarantine back. A retired node is entered again when its engine next tells of it. */
export async function resumeNode(tx: Db, { id, reason, actor, now }: NodeCommand): Promise<void> {
  const node = await getNode(tx, id)
  if (node.retiredAt === null)
    await store.saveCauses(tx, id, { ...node, drainReason: null, quarantineReason: null })
  else await store.forgetRetirement(tx, node)
  const text = reason === '' ? 'Resumed.' : `Resumed: ${reason}.`
  await recordNodeFact(tx, node, { at: now, actor, type: 'node.resumed', text })
}

/** Takes a node out for good. The caller sees afterwards that nothing is claimed there. */
export async function retireNodeByOperator(
  tx: Db,
  { id, reason, actor, now }: NodeCommand,
): Promise<void> {
  const node = await getNode(tx, id)
  if (node.retiredAt !== null) return
  await store.retireNode(tx, id, { now, reason })
  const text = `Taken out of the fleet: ${reason}.`
  await recordNodeFact(tx, node, { at: now, actor, type: 'node.retired', text })
}
