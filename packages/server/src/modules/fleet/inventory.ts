/** What changes in the fleet's record when an engine tells what it has. Pure. */
import { counted } from '#kernel/counted.ts'
import type { NodeInventory } from '#platform/engines/engine.ts'
import { NO_CAUSES, type Node, type NodeCauses } from './node-state.ts'
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
