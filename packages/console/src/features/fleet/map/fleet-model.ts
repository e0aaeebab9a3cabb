/** The fleet as the map draws it, kept current by differences. Pure; a merge answers a new model and leaves the old. */
import {
  type FleetMap,
  type FleetMapNode,
  type FleetMapOwner,
  type FleetMapPool,
  SLOT_LETTERS,
} from '@spillway/contract'

export interface MapNode {
  readonly id: string
  readonly name: string
  readonly pool: FleetMapPool
  readonly rack: string | null
  readonly fabric: string | null
  readonly state: FleetMapNode['state']
  /** One letter a slot. */
  readonly slots: string
  /** Whose each slot is. */
  readonly owners: readonly (FleetMapOwner | null)[]
}

export interface FleetModel {
  readonly version: string
  readonly nodes: ReadonlyMap<string, MapNode>
  /** What the latest merge changed; null when that was everything. */
  readonly changed: ReadonlySet<string> | null
  /** Other after a merge that moved, added or removed nodes, so that they are laid out anew. */
  readonly shape: object
}

const KIND_OF_LETTER: ReadonlyMap<string, string> = new Map(
  Object.entries(SLOT_LETTERS).map(([kind, letter]) => [letter, kind]),
)

/** A claim kind, or `free`, of a slot's letter, whether it is leaving or not. */
export function kindOf(letter: string): string {
  return KIND_OF_LETTER.get(letter.toLowerCase()) ?? 'maintenance'
}

export function isLeaving(letter: string): boolean {
  return letter !== letter.toLowerCase()
}

/** What a slot counts as in the legend. */
export function letterUse(letter: string): string {
  return isLeaving(letter) ? 'draining' : kindOf(letter)
}

function toNode(line: FleetMapNode, answer: FleetMap): MapNode | null {
  const pool = answer.pools[line.pool]
  if (pool === undefined) return null
  const owners = Array.from<FleetMapOwner | null>({ length: line.slots.length }).fill(null)
  for (const [first, count, owner] of line.owners)
    owners.fill(answer.owners[owner] ?? null, first, first + count)
  const { id, name, rack, fabric, state, slots } = line
  return { id, name, pool, rack, fabric, state, slots, owners }
}

function isInPlace(before: MapNode | undefined, now: MapNode): boolean {
  return (
    before?.slots.length === now.slots.length &&
    before.rack === now.rack &&
    before.name === now.name &&
    before.pool.name === now.pool.name &&
    before.pool.site === now.pool.site
  )
}

/** Takes an answer to what was known before. */
export function mergeMap(before: FleetModel | undefined, answer: FleetMap): FleetModel {
  const lines = answer.nodes.flatMap((line) => toNode(line, answer) ?? [])
  if (answer.isWhole || before === undefined) {
    const nodes = new Map(lines.map((node) => [node.id, node]))
    return { version: answer.version, nodes, changed: null, shape: {} }
  }
  if (lines.length === 0 && answer.gone.length === 0)
    return { ...before, version: answer.version, changed: new Set() }
  const nodes = new Map(before.nodes)
  for (const id of answer.gone) nodes.delete(id)
  const isMoved =
    answer.gone.length > 0 || lines.some((node) => !isInPlace(before.nodes.get(node.id), node))
  for (const node of lines) nodes.set(node.id, node)
  return {
    version: answer.version,
    nodes,
    changed: new Set(lines.map(({ id }) => id)),
    shape: isMoved ? {} : before.shape,
  }
}

/** How many slots of a node something claims. */
export function claimedSlots(node: MapNode): number {
  let count = 0
  for (const letter of node.slots) if (letter !== SLOT_LETTERS.free) count += 1
  return count
}

/** The node in one sentence, for screen readers and tips. */
export function nodeSentence(node: MapNode): string {
  const uses = Map.groupBy(node.slots, letterUse)
  const parts = [...uses].map(([use, slots]) => `${slots.length} ${use.replaceAll('_', ' ')}`)
  const rack = node.rack === null ? '' : `, rack ${node.rack}`
  const leases = new Set(node.owners.flatMap((owner) => owner?.lease ?? []))
  const whose = leases.size === 0 ? '' : `. ${[...leases].slice(0, 3).join(', ')}`
  return `Node ${node.name}${rack}, pool ${node.pool.name}, ${node.state}: ${parts.join(', ')}${whose}`
}
