/** The published policies, as their authors define them: what each thinks of a node for a pod. */
import {
  after,
  cardsFor,
  type Fragmentation,
  gpuMilliOf,
  isShare,
  type NodeState,
  type Rate,
  type Shape,
} from '../../packages/server/src/modules/market/index.ts'

const CPU_MAX = 128_000
const GPU_MAX = 8000

/** The fullest card that a share fits on. */
function tightest(state: NodeState, shape: Shape): number {
  return isShare(shape) ? state.cards.findIndex((left) => left >= shape.gpuMilli) : -1
}

function byNode(score: (state: NodeState, shape: Shape) => number): Rate {
  return (state, shape) => [
    { score: Math.trunc(score(state, shape)), card: tightest(state, shape) },
  ]
}

export const bestFit = byNode((state, shape) => {
  const cpu = (state.cpuMilli - shape.cpuMilli) / CPU_MAX
  const gpu = (state.idleMilli - gpuMilliOf(shape)) / GPU_MAX
  return 100 * (1 - (0.5 * cpu + 0.5 * gpu))
})

export const dotProd = byNode((state, shape) => {
  const cpu = (state.cpuMilli * shape.cpuMilli) / CPU_MAX ** 2
  const gpu = (state.idleMilli * gpuMilliOf(shape)) / GPU_MAX ** 2
  return 100 * (1 - (cpu + gpu) / 2)
})

/** Shared cards in use first, then idle cards of nodes in use, then empty nodes. */
export const gpuPacking = byNode(({ cards, wholeCount }, shape) => {
  if (shape.gpuCount === 0) return 0
  if (wholeCount === cards.length) return Math.max(33 - wholeCount, wholeCount)
  const used = cards.filter((left) => left >= shape.gpuMilli).slice(0, shape.gpuCount)
  const idle = used.filter((left) => left === 1000).length
  if (idle > 0) return Math.max(50 - idle, 33)
  const free = used.reduce((sum, left) => sum + Math.floor(left / 10), 0)
  return Math.max(100 - Math.floor(free / 10), 50)
})

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x))
}

/** The published fragmentation gradient descent, with its rounding to a whole score. */
export function fgd(fragmentation: Fragmentation): Rate {
  return (state, shape) => {
    const before = fragmentation.of(state)
    let [score, card] = [Number.NEGATIVE_INFINITY, -1]
    for (const index of cardsFor(state, shape)) {
      const delta = before - fragmentation.of(after(state, shape, index))
      const rated = Math.trunc(100 * sigmoid(delta / 1000))
      if (rated > score) [score, card] = [rated, index]
    }
    return [{ score, card }]
  }
}
