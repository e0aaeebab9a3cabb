/** Where a worker is put, as each policy has it: on which of the nodes with room. Pure. */
import type { Grid } from '../grid.ts'
import type { Job, JobKind } from '../job.ts'
import type { NodeChoice } from '../policy.ts'
import type { World } from '../world.ts'

/** The fullest node that has room; of equals, the one that came there last. */
export const bestFit: NodeChoice = ({ grid }, { gpus }) => {
  for (let free = gpus; free <= grid.sizeMax; free++) {
    const node = grid.withFree(free).at(-1)
    if (node !== undefined) return node
  }
  return -1
}

/** How often a worker asks for so many GPUs, by the description of the fragmentation-gradient scheduler. */
const TYPICAL: readonly (readonly [gpus: number, frequency: number])[] = [
  [1, 0.35],
  [2, 0.1],
  [4, 0.05],
  [8, 0.5],
]

/** GPUs that are free on a node and of no use to typical work. */
function fragmentOf(free: number): number {
  return TYPICAL.reduce((sum, [gpus, share]) => sum + (free < gpus ? share * free : 0), 0)
}

/** Where least room becomes useless. */
export const leastFragmentation: NodeChoice = ({ grid }, { gpus }) => {
  let [best, bestRise] = [-1, Infinity]
  for (let free = gpus; free <= grid.sizeMax; free++) {
    const node = grid.withFree(free).at(-1)
    if (node === undefined) continue
    const rise = fragmentOf(free - gpus) - fragmentOf(free)
    if (rise < bestRise) [best, bestRise] = [node, rise]
  }
  return best
}

function alikeOn(grid: Grid, node: number, kind: JobKind): number {
  return kind === 'spot' ? grid.spotOn(node) : grid.anchorOn(node)
}

/** The best of the fullest nodes that have room. */
function bestOfFullest(grid: Grid, gpus: number, score: (node: number) => number): number {
  for (let free = gpus; free <= grid.sizeMax; free++) {
    let [best, bestScore] = [-1, -Infinity]
    for (const node of grid.withFree(free)) {
      const rated = score(node)
      if (rated > bestScore) [best, bestScore] = [node, rated]
    }
    if (best >= 0) return best
  }
  return -1
}

/** The fullest node first, then like with like: anchor beside anchor work, sold beside sold. */
export const besideItsLike: NodeChoice = ({ grid }: World, { gpus, kind }: Job) =>
  bestOfFullest(grid, gpus, (node) => alikeOn(grid, node, kind))

/** As `besideItsLike`; and sold work rather where little was evicted lately. */
export function besideItsLikeAwayFromEvictions(
  rateOf: (node: number, nowS: number) => number,
): NodeChoice {
  return ({ grid, nowS }, { gpus, kind }) =>
    bestOfFullest(grid, gpus, (node) => {
      const alike = alikeOn(grid, node, kind)
      return kind === 'spot' ? alike - rateOf(node, nowS) : alike
    })
}
