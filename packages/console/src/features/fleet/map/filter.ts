/** What the reader asks to see. Words match names and ids; the rest is chosen from lists. Pure. */
import type { FleetMapOwner } from '@spillway/contract'
import { isLeaving, kindOf, type MapNode, letterUse } from './fleet-model.ts'

export const CONDITIONS = ['faulty', 'down', 'draining', 'free'] as const
export type Condition = (typeof CONDITIONS)[number]

export interface MapFilter {
  readonly words: string
  readonly kinds: readonly string[]
  readonly condition: Condition | null
}

type SlotMatch = (node: MapNode, slot: number) => boolean

function conditionMatch(condition: Condition): SlotMatch {
  if (condition === 'free')
    return (node, slot) => node.state === 'ready' && kindOf(node.slots[slot] ?? '') === 'free'
  if (condition === 'faulty')
    return (node, slot) => node.state === 'faulty' || kindOf(node.slots[slot] ?? '') === 'faulty'
  if (condition === 'down') return (node) => node.state === 'down'
  return (node, slot) => node.state === 'draining' || isLeaving(node.slots[slot] ?? '')
}

const ownerTexts = new WeakMap<FleetMapOwner, string>()

function ownerText(owner: FleetMapOwner): string {
  const known = ownerTexts.get(owner)
  if (known !== undefined) return known
  const text = [owner.lease, owner.leaseId, owner.organization].join(' ').toLowerCase()
  ownerTexts.set(owner, text)
  return text
}

/** Each word must be somewhere in what is known of the node or of the slot. */
function wordMatch(words: readonly string[]): SlotMatch {
  const left = new WeakMap<MapNode, readonly string[]>()
  const leftFor = (node: MapNode): readonly string[] => {
    const known = left.get(node)
    if (known) return known
    const { name, id, rack, pool, state } = node
    const text = [name, id, rack, pool.name, pool.site, state].join(' ').toLowerCase()
    const missing = words.filter((word) => !text.includes(word))
    left.set(node, missing)
    return missing
  }
  return (node, slot) => {
    const missing = leftFor(node)
    if (missing.length === 0) return true
    const owner = node.owners[slot]
    const text = owner ? ownerText(owner) : ''
    const use = letterUse(node.slots[slot] ?? '').replaceAll('_', ' ')
    return missing.every((word) => text.includes(word) || use.includes(word))
  }
}

/** What stands in quotes is one word. */
function splitWords(text: string): readonly string[] {
  return Array.from(text.matchAll(/"([^"]+)"|[^\s"]+/g), ([word, quoted]) => quoted ?? word)
}

/** A name as the words that find it and nothing that only has its parts. */
export function quoteWords(name: string): string {
  return /\s/.test(name) ? `"${name}"` : name
}

function compileFilter({ words, kinds, condition }: MapFilter): SlotMatch | null {
  const asked = splitWords(words.toLowerCase())
  const parts: SlotMatch[] = []
  if (kinds.length > 0) {
    const chosen = new Set(kinds)
    parts.push((node, slot) => chosen.has(letterUse(node.slots[slot] ?? '')))
  }
  if (condition !== null) parts.push(conditionMatch(condition))
  if (asked.length > 0) parts.push(wordMatch(asked))
  if (parts.length === 0) return null
  return (node, slot) => parts.every((part) => part(node, slot))
}

/** Which slots of a node match, remembered as long as the node stays as it is; null without a filter. */
export type Matcher = (node: MapNode) => readonly boolean[] | null

export function createMatcher(filter: MapFilter): Matcher {
  const match = compileFilter(filter)
  if (match === null) return () => null
  const known = new WeakMap<MapNode, readonly boolean[]>()
  return (node) => {
    const before = known.get(node)
    if (before) return before
    const slots = Array.from(node.slots, (_, slot) => match(node, slot))
    known.set(node, slots)
    return slots
  }
}

/** Nodes of which at least one slot matches. */
export function matchingNodes(nodes: Iterable<MapNode>, matcher: Matcher): readonly MapNode[] {
  return [...nodes].filter((node) => matcher(node)?.includes(true) ?? true)
}
