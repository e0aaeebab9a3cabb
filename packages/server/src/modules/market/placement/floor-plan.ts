/**
 * All nodes as states: nodes with the same left stand together, so that a decision looks at each state once. Pure.
 * Of nodes in one state the first by order is taken, which makes every decision deterministic.
 */
import { pop, push } from './heap.ts'
import { after, type NodeState, stateKey } from './node-state.ts'
import type { Shape } from './shape.ts'

/** Nodes that are in the same state. */
export interface Stand {
  readonly key: string
  readonly state: NodeState
  /** Of its kind in `kinds`. */
  readonly kind: number
  /** Its place among all that exist; used again when it is gone. */
  readonly index: number
  /** No two stands have the same, ever: what was worked out for one is not taken for another. */
  readonly birth: number
  /** A heap by order: the first is the least. */
  readonly nodes: number[]
}

export class FloorPlan {
  /** With holes where a state has no nodes any more. */
  readonly stands: (Stand | null)[] = []
  readonly kinds: readonly string[]
  readonly #byKey = new Map<string, Stand>()
  readonly #kindIndex: ReadonlyMap<string, number>
  readonly #holes: number[] = []
  #births = 0

  /** Nodes are numbered by their place in the list: of equals the first is taken. */
  constructor(states: readonly NodeState[]) {
    this.kinds = [...new Set(states.map(({ kind }) => kind))]
    this.#kindIndex = new Map(this.kinds.map((kind, index) => [kind, index]))
    states.forEach((state, node) => {
      this.#add(state, node)
    })
  }

  /** Takes a shape out of the first node of a stand; answers which node. */
  place(stand: Stand, shape: Shape, card: number): number {
    const node = pop(stand.nodes)
    if (stand.nodes.length === 0) {
      this.stands[stand.index] = null
      this.#byKey.delete(stand.key)
      this.#holes.push(stand.index)
    }
    this.#add(after(stand.state, shape, card), node)
    return node
  }

  #add(state: NodeState, node: number): void {
    const key = stateKey(state)
    const known = this.#byKey.get(key)
    if (known) {
      push(known.nodes, node)
      return
    }
    const index = this.#holes.pop() ?? this.stands.length
    const kind = this.#kindIndex.get(state.kind) ?? -1
    const stand = { key, state, kind, index, birth: ++this.#births, nodes: [node] }
    this.stands[index] = stand
    this.#byKey.set(key, stand)
  }
}
