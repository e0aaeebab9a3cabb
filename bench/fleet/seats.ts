/** Who sits where in the benchmark's fleet: on every other node one lease of eight GPUs, on the rest three of 4, 2 and 1. */

export interface Seat {
  readonly nodeId: string
  readonly node: string
  readonly slots: readonly number[]
  readonly kind: 'on_demand' | 'spot' | 'flex'
}

const KINDS = ['spot', 'on_demand', 'spot', 'flex'] as const

export function seatsOf(
  nodes: readonly { readonly id: string; readonly name: string }[],
): readonly Seat[] {
  let seats = 0
  const kindOfNext = () => KINDS[seats++ % KINDS.length] ?? 'spot'
  return nodes.flatMap(({ id: nodeId, name: node }, index): Seat[] => {
    const blocks = index % 2 === 0 ? [[0, 1, 2, 3, 4, 5, 6, 7]] : [[0, 1, 2, 3], [4, 5], [6]]
    return blocks.map((slots) => ({ nodeId, node, slots, kind: kindOfNext() }))
  })
}
