/**
 * Who goes for the owner's work, as the published baselines have it: worker by worker, on a free node if there is one,
 * else on the node that the policy prefers, where sold work goes until the worker fits. Nothing is planned as a whole.
 */
import { assert } from '#kernel/assert.ts'
import type { NodeChoice, Reclaim } from '../policy.ts'
import type { Work } from '../work.ts'
import type { World } from '../world.ts'

/** Lower is better. */
export type NodeCost = (world: World, node: number, victims: readonly Work[]) => number

interface Taste {
  /** Whether the last to come goes first, or who loses least. */
  readonly first: 'newest' | 'least_lost'
  readonly cost: NodeCost
}

/** Work that would be lost: GPU-seconds since it last saved. */
export function lostGpuS(world: World, { run, gpus }: Work): number {
  const sinceS = run ? Math.max(0, world.nowS - run.startedS - run.overheadS) : 0
  return (sinceS % 3_600) * gpus
}

/** Sold work of a node that goes, in order, until so many GPUs are free; null where there is not enough. */
function victimsOn(
  world: World,
  node: number,
  { gpus, first }: { gpus: number; first: Taste['first'] },
) {
  let missing = gpus - world.grid.freeOn(node)
  if (missing > world.grid.spotOn(node)) return null
  const there = [...(world.spotOn[node] ?? [])]
  if (first === 'newest') there.reverse()
  else there.sort((a, b) => lostGpuS(world, a) - lostGpuS(world, b))
  const going: Work[] = []
  for (const work of there) {
    if (missing <= 0) break
    going.push(work)
    missing -= work.run?.places.find((place) => place.node === node)?.gpus ?? 0
  }
  return going
}

function cheapestNode(world: World, gpus: number, { first, cost }: Taste) {
  let best: { readonly node: number; readonly going: readonly Work[] } | null = null
  let bestCost = Infinity
  for (let reach = gpus; reach <= world.grid.sizeMax; reach++)
    for (const node of world.grid.withReach(reach)) {
      const going = victimsOn(world, node, { gpus, first })
      if (!going) continue
      const rated = cost(world, node, going)
      const isBetter = rated < bestCost || (rated === bestCost && best && node < best.node)
      if (isBetter) [best, bestCost] = [{ node, going }, rated]
    }
  return best
}

/** A reclaim in the taste of a policy. */
export function workerByWorker(choose: NodeChoice, taste: Taste): Reclaim {
  return (world, { job }) => {
    const nodes: number[] = []
    for (let worker = 0; worker < job.workers; worker++) {
      let node = choose(world, job)
      if (node < 0) {
        const found = cheapestNode(world, job.gpus, taste)
        assert(found !== null, 'a gang that is within reach finds a node for each worker')
        for (const work of found.going) world.evict(work)
        node = found.node
      }
      world.grid.take(node, job.gpus, job.kind)
      nodes.push(node)
    }
    return nodes
  }
}

/** The first node that will do. */
export const firstNode: NodeCost = (_world, node) => node

/** Where what is freed leaves the least fragments: the fullest after the worker has its room. */
export const tightestNode: NodeCost = ({ grid }, node, going) =>
  grid.freeOn(node) +
  going.reduce(
    (sum, { run }) => sum + (run?.places.find((place) => place.node === node)?.gpus ?? 0),
    0,
  )

/** The server on which the jobs that are touched are, in parts, the least: a part of a wide job counts little. */
export const leastPreemptionCost: NodeCost = (_world, _node, going) =>
  going.reduce((sum, { gpus }) => sum + 1 / gpus, 0)
