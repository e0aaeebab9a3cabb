/** What changes in the fleet's record when an engine tells what it has. Pure. */
import { counted } from '#kernel/counted.ts'
import type { NodeInventory, SlotFault as FoundFault } from '#platform/engines/engine.ts'
import { NO_CAUSES, type Node, type NodeCauses, type SlotFault } from './node-state.ts'
import type { SurveyedNode } from './survey.ts'

/** Book and engine, for one pool. */
export interface InventoryView {
  /** The pool's nodes in the book. */
  readonly nodes: readonly Node[]
  readonly found: readonly NodeInventory[]
  /** The nodes that the pool should have, with their slots settled. */
  readonly wanted: readonly SurveyedNode[]
  /** Names that the operator took out for good. */
  readonly retiredNames: ReadonlySet<string>
  /** Nodes on which something is claimed; they are never retired under a claim. */
  readonly claimedNodeIds: ReadonlySet<string>
  /** What becomes of a node that the engine does not have: at a start it goes when it is free, later it counts as down. */
  readonly missing: 'retire' | 'down'
}

export interface Change {
  readonly type: string
  readonly text: string
}

export type NodeChange =
  | { readonly kind: 'enter'; readonly node: SurveyedNode; readonly causes: NodeCauses }
  | { readonly kind: 'retire'; readonly node: Node; readonly change: Change }
  | {
      readonly kind: 'causes'
      readonly node: Node
      readonly causes: NodeCauses
      /** Empty when only words changed. */
      readonly changes: readonly Change[]
    }

type EngineCauses = Pick<NodeCauses, 'engineState' | 'engineReason'>

/** `isDrainTold`: a drain that the engine speaks of is ours. */
function engineCauses({ health }: NodeInventory, isDrainTold = false): EngineCauses {
  if (health.state === 'draining' && isDrainTold) return { engineState: 'up', engineReason: null }
  return {
    engineState: health.state,
    engineReason: health.state === 'up' ? null : health.reason,
  }
}

const MISSING: EngineCauses = {
  engineState: 'down',
  engineReason: 'its engine does not know it any more',
}

function healthChange(before: Node, after: EngineCauses): readonly Change[] {
  if (before.engineState === after.engineState) return []
  const because = after.engineReason === null ? '' : `: ${after.engineReason}`
  switch (after.engineState) {
    case 'down':
      return [{ type: 'node.went_down', text: `Does not answer${because}.` }]
    case 'draining':
      return [{ type: 'node.engine_drained', text: `Drained in its engine${because}.` }]
    case 'up':
      return [{ type: 'node.came_back', text: 'Its engine says that it takes work.' }]
  }
}

function dueReason(node: Node, wanted: SurveyedNode | undefined): string | null {
  if (!wanted) return 'the fleet file does not have it any more'
  if (wanted.slotCount === node.slotCount) return null
  return `it should have ${counted(wanted.slotCount, 'slot')} instead of ${node.slotCount}`
}

/** What engine and fleet file say of one node. */
interface Told {
  readonly inventory: NodeInventory | undefined
  readonly wanted: SurveyedNode | undefined
}

/** A node that ought to change gets nothing new, so that it becomes free; then another takes its place. */
function decideNode(node: Node, view: InventoryView, told: (name: string) => Told): NodeChange[] {
  const { inventory, wanted } = told(node.name)
  const isMissing = inventory === undefined && view.missing === 'down'
  const due = isMissing ? node.changeReason : dueReason(node, wanted)
  if (due !== null && !isMissing && !view.claimedNodeIds.has(node.id)) {
    const change = { type: 'node.retired', text: `Taken out: ${due}.` }
    const gone: NodeChange = { kind: 'retire', node, change }
    if (!wanted) return [gone]
    const { drainReason, quarantineReason } = node
    const health = inventory ? engineCauses(inventory) : MISSING
    const causes = { ...NO_CAUSES, ...health, drainReason, quarantineReason }
    return [gone, { kind: 'enter', node: wanted, causes }]
  }
  const health = inventory ? engineCauses(inventory, node.isDrainTold) : isMissing ? MISSING : node
  const causes = {
    engineState: health.engineState,
    engineReason: health.engineReason,
    drainReason: node.drainReason,
    quarantineReason: node.quarantineReason,
    changeReason: due,
  }
  const changes = [...healthChange(node, causes)]
  if (due !== null && node.changeReason === null)
    changes.push({ type: 'node.change_due', text: `Takes no new work: ${due}.` })
  const isSame =
    changes.length === 0 &&
    causes.engineReason === node.engineReason &&
    causes.changeReason === node.changeReason
  return isSame ? [] : [{ kind: 'causes', node, causes, changes }]
}

/** What to write so that the record says what the engine said. */
export function decideNodes(view: InventoryView): readonly NodeChange[] {
  const byName = new Map(view.nodes.map((node) => [node.name, node]))
  const found = new Map(view.found.map((each) => [each.node, each]))
  const entered = view.wanted
    .filter(({ name }) => !byName.has(name) && !view.retiredNames.has(name))
    .map((node): NodeChange => {
      const inventory = found.get(node.name)
      const causes = { ...NO_CAUSES, ...(inventory ? engineCauses(inventory) : MISSING) }
      return { kind: 'enter', node, causes }
    })
  const wanted = new Map(view.wanted.map((each) => [each.name, each]))
  const told = (name: string): Told => ({ inventory: found.get(name), wanted: wanted.get(name) })
  return [...view.nodes.flatMap((node) => decideNode(node, view, told)), ...entered]
}

export interface FaultChanges {
  readonly appeared: readonly SlotFault[]
  /** The same in other words. */
  readonly reworded: readonly SlotFault[]
  /** Degraded before, and lost now: another episode, with a last good reading of its own. */
  readonly worsened: readonly SlotFault[]
  readonly cleared: readonly SlotFault[]
}

/**
 * Compares the faults of one node with those that stand in the record. A node that is down tells nothing of its slots,
 * so nothing changes.
 */
export function decideFaults(
  node: Pick<Node, 'id' | 'slotCount'>,
  inventory: NodeInventory,
  {
    standing,
    now,
    lastReadingAt,
  }: {
    readonly standing: readonly SlotFault[]
    readonly now: Date
    readonly lastReadingAt: Date | null
  },
): FaultChanges {
  if (inventory.health.state === 'down')
    return { appeared: [], reworded: [], worsened: [], cleared: [] }
  const found = new Map(
    inventory.faults.filter(({ slot }) => slot < node.slotCount).map((each) => [each.slot, each]),
  )
  const begin = ({ slot, reason, isLost = false }: FoundFault): SlotFault => ({
    ...{ nodeId: node.id, slot, reason, isLost, since: now, lastGoodAt: lastReadingAt },
  })
  const known = new Map(standing.map((each) => [each.slot, each]))
  const reworded: SlotFault[] = []
  const worsened: SlotFault[] = []
  for (const each of standing) {
    const seen = found.get(each.slot)
    // A lost GPU stays lost until it is seen whole: words that sound milder do not make it answer.
    if (seen?.isLost && !each.isLost) worsened.push(begin(seen))
    else if (seen && seen.reason !== each.reason) reworded.push({ ...each, reason: seen.reason })
  }
  return {
    appeared: [...found.values()].filter(({ slot }) => !known.has(slot)).map(begin),
    reworded,
    worsened,
    cleared: standing.filter(({ slot }) => !found.has(slot)),
  }
}
