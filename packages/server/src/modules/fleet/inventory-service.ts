/** Enters what an engine tells of a pool's nodes: who is there, how they are, which slots are broken. */
import { type IdSource, newId } from '#kernel/ids.ts'
import type { Db } from '#platform/db/database.ts'
import type { NodeInventory } from '#platform/engines/engine.ts'
import { emitEvent } from '#platform/events/emit.ts'
import { decideFaults, type DismissedFault } from './faults.ts'
import { type Change, decideNodes, type NodeChange } from './inventory.ts'
import type { Node, SlotFault } from './node-state.ts'
import * as nodeStore from './node-store.ts'
import * as store from './store.ts'
import type { SurveyedNode } from './survey.ts'

export interface InventoryReport {
  readonly pool: string
  readonly found: readonly NodeInventory[]
  readonly wanted: readonly SurveyedNode[]
  readonly claimedNodeIds: ReadonlySet<string>
  readonly missing: 'retire' | 'down'
  /** When the engine was asked. */
  readonly readAt: Date
}

export interface InventoryOutcome {
  /** Slots that were whole before. */
  readonly appeared: readonly SlotFault[]
  /** Slots that were degraded before, and are lost now. */
  readonly worsened: readonly SlotFault[]
  readonly hasChanged: boolean
}

interface Context {
  readonly now: Date
  readonly ids: IdSource
}

/** A fact of a node's life, in its history and in the event stream. */
export async function recordNodeFact(
  tx: Db,
  node: { readonly id: string; readonly name: string; readonly pool: string },
  { at, actor = null, ...change }: Change & { readonly at: Date; readonly actor?: string | null },
): Promise<void> {
  await nodeStore.insertNodeFact(tx, node.id, { at, actor, ...change })
  const data = { node: node.name, pool: node.pool, text: change.text }
  await emitEvent(tx, { at, type: change.type, organizationId: null, subject: node.id, data })
}

type Entry = Extract<NodeChange, { kind: 'enter' }>

interface Entries {
  readonly pool: string
  readonly entries: readonly Entry[]
  /** By name, the nodes in whose place others come. */
  readonly replaced: ReadonlyMap<string, string>
}

/** A fleet may come with thousands of nodes at once; the event stream hears of them as one. */
async function enterNodes(
  tx: Db,
  { pool, entries, replaced }: Entries,
  { now, ids }: Context,
): Promise<void> {
  if (entries.length === 0) return
  const nodes = entries.map(({ node, causes }) => ({
    id: newId('node', ids),
    activeFrom: now,
    ...causes,
    ...node,
  }))
  await store.insertNodes(tx, nodes)
  for (const { id, name, slotCount } of nodes) {
    const fromId = replaced.get(name)
    if (fromId !== undefined) await nodeStore.carryFaults(tx, { fromId, toId: id, slotCount })
  }
  const facts = nodes.map(({ id, slotCount }) => ({
    nodeId: id,
    at: now,
    type: 'node.entered',
    text: `Entered with ${slotCount} ${slotCount === 1 ? 'slot' : 'slots'}.`,
    actor: null,
  }))
  await nodeStore.insertNodeFacts(tx, facts)
  const slots = nodes.reduce((sum, node) => sum + node.slotCount, 0)
  await emitEvent(tx, {
    at: now,
    type: 'pool.nodes_entered',
    organizationId: null,
    subject: pool,
    data: { nodes: nodes.length, slots },
  })
}

async function commitChange(
  tx: Db,
  change: Exclude<NodeChange, Entry>,
  { now }: Context,
): Promise<void> {
  const at = now
  if (change.kind === 'retire') {
    await store.retireNode(tx, change.node.id, { now, reason: null })
    await recordNodeFact(tx, change.node, { at, ...change.change })
  } else {
    await store.saveCauses(tx, change.node.id, change.causes)
    for (const each of change.changes) await recordNodeFact(tx, change.node, { at, ...each })
  }
}

/** One of several faults of a slot may end by itself. */
function recoveryText(
  { slot, reason }: SlotFault,
  standing: readonly SlotFault[],
  cleared: readonly SlotFault[],
): string {
  const left = standing.filter((each) => each.slot === slot && !cleared.includes(each))
  return left.length === 0
    ? `Slot ${slot} is whole again.`
    : `Slot ${slot} is still not whole, but no longer for this: ${reason}.`
}

/** Looked up only where a witness told of something that it may have told of before. */
async function readDismissed(
  tx: Db,
  found: readonly NodeInventory[],
  nodes: readonly Node[],
): Promise<ReadonlyMap<string, readonly DismissedFault[]>> {
  const names = new Set(
    found
      .filter(({ faults }) => faults.some(({ seenAt }) => seenAt !== undefined))
      .map(({ node }) => node),
  )
  if (names.size === 0) return new Map()
  const ids = nodes.filter(({ name }) => names.has(name)).map(({ id }) => id)
  return Map.groupBy(await nodeStore.listDismissedFaults(tx, ids), ({ nodeId }) => nodeId)
}

async function commitFaults(
  tx: Db,
  { pool, found, readAt, nodes }: InventoryReport & { readonly nodes: readonly Node[] },
  now: Date,
): Promise<InventoryOutcome> {
  const standing = Map.groupBy(await nodeStore.listFaults(tx), (fault) => fault.nodeId)
  const lastReadingAt = await nodeStore.findReading(tx, pool)
  const dismissedOf = await readDismissed(tx, found, nodes)
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const appeared: SlotFault[] = []
  const worsened: SlotFault[] = []
  let clearedCount = 0
  for (const inventory of found) {
    const node = byName.get(inventory.node)
    if (!node || (inventory.faults.length === 0 && !standing.has(node.id))) continue
    const faults = decideFaults(node, inventory, {
      standing: standing.get(node.id) ?? [],
      dismissed: dismissedOf.get(node.id) ?? [],
      now,
      lastReadingAt,
    })
    const tell = (type: string, text: string) => recordNodeFact(tx, node, { at: now, type, text })
    for (const fault of faults.appeared) {
      await nodeStore.insertFault(tx, fault)
      await tell('slot.broke', `Slot ${fault.slot}: ${fault.reason}.`)
    }
    for (const fault of faults.reworded) await nodeStore.rewordFault(tx, fault)
    for (const fault of faults.worsened) {
      await nodeStore.clearFault(tx, fault, { now })
      await nodeStore.insertFault(tx, fault)
      await tell('slot.broke', `Slot ${fault.slot} is lost: ${fault.reason}.`)
    }
    for (const fault of faults.cleared) {
      await nodeStore.clearFault(tx, fault, { now })
      await tell('slot.recovered', recoveryText(fault, standing.get(node.id) ?? [], faults.cleared))
    }
    appeared.push(...faults.appeared)
    worsened.push(...faults.worsened)
    clearedCount += faults.cleared.length
  }
  await nodeStore.saveReading(tx, pool, readAt)
  return { appeared, worsened, hasChanged: appeared.length + worsened.length + clearedCount > 0 }
}

/** One transaction; what does not differ is not written. */
export async function applyInventory(
  tx: Db,
  report: InventoryReport,
  context: Context,
): Promise<InventoryOutcome> {
  const { pool } = report
  const nodes = await store.listNodes(tx, pool)
  const retiredNames = await store.listRetiredNames(tx, pool)
  const changes = decideNodes({ ...report, nodes, retiredNames })
  const entries = changes.filter((each) => each.kind === 'enter')
  for (const change of changes) if (change.kind !== 'enter') await commitChange(tx, change, context)
  const replaced = new Map(
    changes.flatMap((each) => (each.kind === 'retire' ? [[each.node.name, each.node.id]] : [])),
  )
  await enterNodes(tx, { pool, entries, replaced }, context)
  const areSame = changes.every((each) => each.kind === 'causes')
  const after = areSame ? nodes : await store.listNodes(tx, pool)
  const outcome = await commitFaults(tx, { ...report, nodes: after }, context.now)
  return { ...outcome, hasChanged: outcome.hasChanged || changes.length > 0 }
}
