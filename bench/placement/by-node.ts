/** Two published policies that need to know each node by itself: the random one, and the one that keeps like by like. */
import {
  after,
  fits,
  isShare,
  type NodeState,
  type Shape,
} from '../../packages/server/src/modules/market/index.ts'
import { below, type Offer } from './protocol.ts'

/** Nodes in order of name, each with the classes of what runs on it. */
export interface NamedNode {
  state: NodeState
  readonly classes: Set<string>
}

export function namedNodes(states: readonly NodeState[]): readonly NamedNode[] {
  return states.map((state) => ({ state, classes: new Set() }))
}

function put(node: NamedNode, pod: Shape, card: number): void {
  node.state = after(node.state, pod, card)
  if (pod.gpuCount > 0) node.classes.add(classOf(pod))
}

function classOf(pod: Shape): string {
  return isShare(pod) ? 'share' : `${pod.gpuCount}`
}

/** Any node and any card on which it fits, each as likely as the others. */
export function offerRandom(nodes: readonly NamedNode[], random: () => number): Offer {
  return (pod) => {
    let [chosen, seen]: [NamedNode | null, number] = [null, 0]
    for (const node of nodes)
      if (fits(node.state, pod) && below(random, ++seen) === 0) chosen = node
    if (!chosen) return false
    const cards = chosen.state.cards.flatMap((left, card) => (left >= pod.gpuMilli ? [card] : []))
    put(chosen, pod, isShare(pod) ? (cards[below(random, cards.length)] ?? -1) : -1)
    return true
  }
}

function likeness({ state, classes }: NamedNode, pod: Shape): number {
  if (pod.gpuCount === 0) return 0
  const bonus = Math.trunc((25 * (8000 - state.idleMilli)) / 8000)
  if (classes.has(classOf(pod))) return bonus + (classes.size === 1 ? 75 : 50)
  return bonus + (classes.size === 0 ? 25 : 0)
}

/** Where only its like runs, then where its like runs too, then where nothing does. */
export function offerClustering(nodes: readonly NamedNode[]): Offer {
  return (pod) => {
    let [chosen, best]: [NamedNode | null, number] = [null, -1]
    for (const node of nodes) {
      if (!fits(node.state, pod)) continue
      const score = likeness(node, pod)
      if (score > best) [chosen, best] = [node, score]
    }
    if (!chosen) return false
    const tightest = chosen.state.cards.findIndex((left) => left >= pod.gpuMilli)
    put(chosen, pod, isShare(pod) ? tightest : -1)
    return true
  }
}
