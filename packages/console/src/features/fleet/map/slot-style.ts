/** How a slot looks under each way of colouring: a fill, and a pattern where colour alone would not do. Pure. */
import { claimedSlots, isLeaving, kindOf, type MapNode } from './fleet-model.ts'

export const COLOURINGS = ['kind', 'health', 'use', 'organization'] as const
export type Colouring = (typeof COLOURINGS)[number]

export type Pattern = 'none' | 'hatch' | 'cross'

/** A fill by name, which a palette turns into a colour. */
export interface SlotStyle {
  readonly fill: string
  readonly pattern: Pattern
}

const FREE: SlotStyle = { fill: 'kind:free', pattern: 'none' }

function patternOf(letter: string): Pattern {
  const kind = kindOf(letter)
  if (kind === 'faulty') return 'cross'
  return isLeaving(letter) || kind === 'maintenance' ? 'hatch' : 'none'
}

/** Neither answers nor can be trusted. */
export function isBroken({ state }: Pick<MapNode, 'state'>): boolean {
  return state === 'faulty' || state === 'down'
}

function byHealth(node: MapNode, letter: string): SlotStyle {
  if (kindOf(letter) === 'faulty' || isBroken(node)) return { fill: 'bad', pattern: 'cross' }
  if (node.state !== 'ready' || isLeaving(letter) || kindOf(letter) === 'maintenance')
    return { fill: 'warn', pattern: 'hatch' }
  return { fill: 'good', pattern: 'none' }
}

/** Which step of the ramp a node's use falls on: empty and full have their own. */
export function rampStep(node: MapNode, steps: number): number {
  const share = node.slots.length === 0 ? 0 : claimedSlots(node) / node.slots.length
  if (share === 0) return 0
  if (share === 1) return steps - 1
  return 1 + Math.floor(share * (steps - 2))
}

/** The largest organizations have a colour of their own; all others share one. */
export type Ranks = ReadonlyMap<string, number>

export interface StyleDeps {
  readonly ranks: Ranks
  readonly rampSteps: number
}

function byOrganization(node: MapNode, slot: number, ranks: Ranks): SlotStyle {
  const letter = node.slots[slot] ?? '-'
  const pattern = patternOf(letter)
  const organization = node.owners[slot]?.organization ?? null
  if (organization === null)
    return kindOf(letter) === 'free' ? FREE : { fill: 'kind:maintenance', pattern }
  const rank = ranks.get(organization)
  return { fill: rank === undefined ? 'kind:maintenance' : `series:${rank}`, pattern }
}

/** The styles of all slots of a node. */
export function styleNode(
  node: MapNode,
  colouring: Colouring,
  { ranks, rampSteps }: StyleDeps,
): readonly SlotStyle[] {
  const letters = Array.from(node.slots)
  if (colouring === 'health') return letters.map((letter) => byHealth(node, letter))
  if (colouring === 'organization')
    return letters.map((_, slot) => byOrganization(node, slot, ranks))
  if (colouring === 'use') {
    const fill = `ramp:${rampStep(node, rampSteps)}`
    return letters.map((letter) => ({ fill, pattern: patternOf(letter) }))
  }
  return letters.map((letter) => ({ fill: `kind:${kindOf(letter)}`, pattern: patternOf(letter) }))
}

/** Organizations by how many slots they have. */
export function rankOrganizations(nodes: Iterable<MapNode>, max: number): Ranks {
  const counts = new Map<string, number>()
  for (const node of nodes)
    for (const owner of node.owners)
      if (owner?.organization)
        counts.set(owner.organization, (counts.get(owner.organization) ?? 0) + 1)
  const largest = [...counts].toSorted(
    ([left, more], [right, less]) => less - more || left.localeCompare(right),
  )
  return new Map(largest.slice(0, max).map(([name], index) => [name, index]))
}
