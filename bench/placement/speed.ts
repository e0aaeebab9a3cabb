/**
 * The time of one placement decision on the fleet as it is and on fleets many times its size. A large fleet is made of
 * copies that were each half filled by a seed of its own, so that its nodes differ as they would.
 */
import {
  gpuMilliOf,
  type NodeState,
  Placer,
  type Shape,
  typicalOf,
} from '../../packages/server/src/modules/market/index.ts'
import type { Figure } from '../run/result.ts'
import { arrivalsOf, randomOf } from './protocol.ts'

const FILLED = 0.6

function halfFilled(
  nodes: readonly NodeState[],
  pods: readonly Shape[],
  seed: number,
): NodeState[] {
  const capacityMilli = nodes.reduce((sum, node) => sum + node.idleMilli, 0)
  const placer = new Placer(nodes, typicalOf(pods, 1))
  let arrivedMilli = 0
  for (const pod of arrivalsOf(pods, capacityMilli, randomOf(seed))) {
    arrivedMilli += gpuMilliOf(pod)
    if (arrivedMilli > FILLED * capacityMilli) break
    placer.place(pod)
  }
  return placer.floor.stands.flatMap((stand) => stand?.nodes.map(() => stand.state) ?? [])
}

/** Microseconds of each decision. */
function time(placer: Placer, pods: readonly Shape[]): Float64Array {
  return Float64Array.from(pods, (pod) => {
    const startedMs = performance.now()
    placer.place(pod)
    return (performance.now() - startedMs) * 1000
  }).sort()
}

export interface SpeedPlan {
  readonly nodes: readonly NodeState[]
  readonly pods: readonly Shape[]
  readonly copies: number
  readonly decisions: number
}

export function measureSpeed({ nodes, pods, copies, decisions }: SpeedPlan): Figure[] {
  const fleet = Array.from({ length: copies }, (_, seed) => halfFilled(nodes, pods, seed)).flat()
  const placer = new Placer(fleet, typicalOf(pods, 1))
  const capacityMilli = nodes.reduce((sum, node) => sum + node.idleMilli, 0)
  const arrivals = Array.from({ length: copies }, (_, seed) =>
    arrivalsOf(pods, capacityMilli, randomOf(1000 + seed)),
  ).flat()
  const took = time(placer, arrivals.slice(0, decisions))
  const name = `decision, ${fleet.length.toLocaleString('en-US')} nodes`
  const at = (share: number) =>
    took[Math.min(took.length - 1, Math.floor(share * took.length))] ?? 0
  const mean = took.reduce((sum, each) => sum + each, 0) / took.length
  return [
    { name: `${name}: mean`, value: mean, unit: 'µs' },
    { name: `${name}: p50`, value: at(0.5), unit: 'µs' },
    { name: `${name}: p99`, value: at(0.99), unit: 'µs' },
  ]
}
