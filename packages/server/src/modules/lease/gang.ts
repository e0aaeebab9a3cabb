/** Whether a gang could ever run on the nodes of a pool, and over how many. Pure. */
import { counted } from '#kernel/counted.ts'

export interface GangRequest {
  /** In all. */
  readonly gpus: number
  /** Undefined: as few as it takes. */
  readonly nodes?: number | undefined
}

export type GangFit =
  | { readonly kind: 'fits'; readonly nodes: number }
  /** `gpusMax`: the most that could be had at all, with what was asked. */
  | { readonly kind: 'never'; readonly text: string; readonly gpusMax: number }

/** How many of the nodes have at least so many slots. */
function countWith(slotCounts: readonly number[], slots: number): number {
  return slotCounts.filter((count) => count >= slots).length
}

function fitOver(nodes: number, gpus: number, slotCounts: readonly number[]): GangFit {
  const perNode = gpus / nodes
  const fitting = countWith(slotCounts, perNode)
  if (fitting >= nodes) return { kind: 'fits', nodes }
  const sorted = slotCounts.toSorted((a, b) => b - a)
  const gpusMax = (sorted[nodes - 1] ?? 0) * nodes
  return {
    kind: 'never',
    gpusMax,
    text: `${counted(nodes, 'node')} with ${counted(perNode, 'GPU')} each were asked for, but ${fitting} of ${counted(slotCounts.length, 'node')} have as many.`,
  }
}

/**
 * The number of nodes that a gang runs on: what was asked for, or the fewest on which it fits with the same number of
 * GPUs on each. `slotCounts` are those of all the nodes of the pool, whatever holds them now.
 */
export function fitGang(request: GangRequest, slotCounts: readonly number[]): GangFit {
  const { gpus, nodes } = request
  if (nodes !== undefined) return fitOver(nodes, gpus, slotCounts)
  const largest = Math.max(0, ...slotCounts)
  for (let count = 1; count <= Math.min(slotCounts.length, gpus); count++)
    if (gpus % count === 0 && countWith(slotCounts, gpus / count) >= count)
      return { kind: 'fits', nodes: count }
  const was = gpus === 1 ? 'was' : 'were'
  const text =
    slotCounts.length === 1
      ? `${counted(gpus, 'GPU')} ${was} asked for, but the largest node has ${largest}.`
      : `${counted(gpus, 'GPU')} ${was} asked for, but no even share of them fits on the ${counted(slotCounts.length, 'node')} of the pool, of which the largest has ${largest}.`
  return { kind: 'never', text, gpusMax: largest }
}
