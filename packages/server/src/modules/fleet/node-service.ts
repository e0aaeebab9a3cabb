/** What the operator does to a node in the record. Engines are told by whoever calls. */
import { Fault } from '#kernel/fault.ts'
import type { Db } from '#platform/db/database.ts'
import { isDismissable } from './faults.ts'
import { recordNodeFact } from './inventory-service.ts'
import type { Node, SlotFault } from './node-state.ts'
import * as nodeStore from './node-store.ts'
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

/** Takes back what was found once and may not show again: what the kernel's log, DCGM or a check told. */
async function dismissFaults(tx: Db, nodeId: string, now: Date): Promise<readonly string[]> {
  const faults = (await nodeStore.listFaults(tx, nodeId)).filter(isDismissable)
  for (const fault of faults) await nodeStore.clearFault(tx, fault, { now, isDismissed: true })
  return faults.map(({ slot, reason }) => `slot ${slot} (${reason})`)
}

/** A check found which slots of a node are broken: they stay so until the node is resumed. */
export async function enterCheckFaults(
  tx: Db,
  node: Pick<Node, 'id' | 'name' | 'pool'>,
  {
    faults,
    now,
  }: { readonly faults: readonly Pick<SlotFault, 'slot' | 'reason'>[]; readonly now: Date },
): Promise<void> {
  const standing = (await nodeStore.listFaults(tx, node.id)).filter(
    ({ reading }) => reading === 'check',
  )
  for (const { slot, reason } of faults) {
    const fault: SlotFault = {
      ...{ nodeId: node.id, slot, reason, isLost: false, since: now, lastGoodAt: null },
      ...{ reading: 'check', seenAt: null },
    }
    if (standing.some((each) => each.slot === slot)) await nodeStore.rewordFault(tx, fault)
    else await nodeStore.insertFault(tx, fault)
    const text = `Slot ${slot}: ${reason}.`
    await recordNodeFact(tx, node, { at: now, type: 'slot.broke', text })
  }
}

/** Takes a drain, a quarantine and remembered faults back. A retired node is entered again when its engine next tells of it. */
export async function resumeNode(tx: Db, { id, reason, actor, now }: NodeCommand): Promise<void> {
  const node = await getNode(tx, id)
  if (node.retiredAt === null)
    await store.saveCauses(tx, id, { ...node, drainReason: null, quarantineReason: null })
  else await store.forgetRetirement(tx, node)
  const dismissed = await dismissFaults(tx, id, now)
  const taken = dismissed.length === 0 ? '' : ` Taken back: ${dismissed.join('; ')}.`
  const text = `${reason === '' ? 'Resumed.' : `Resumed: ${reason}.`}${taken}`
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
