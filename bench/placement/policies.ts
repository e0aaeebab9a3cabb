/** The policies by name: each offers a pod to a fleet of its own, and can be asked for the nodes as they are. */
import {
  Chooser,
  FloorPlan,
  Fragmentation,
  type NodeState,
  Placer,
  type Rate,
  type Shape,
  typicalOf,
} from '../../packages/server/src/modules/market/index.ts'
import { bestFit, dotProd, fgd, gpuPacking } from './baselines.ts'
import { type NamedNode, namedNodes, offerClustering, offerRandom } from './by-node.ts'
import type { Offer } from './protocol.ts'

/** Typical pods make up so much of all; the published policy's share. */
export const FGD_COVERAGE = 0.95

export interface Stand {
  readonly offer: Offer
  /** Calls back with each state and how many nodes are in it. */
  readonly eachState: (see: (state: NodeState, nodes: number) => void) => void
}

export interface Ground {
  readonly nodes: readonly NodeState[]
  /** The list that the arrivals are drawn from: what is typical, is known from it. */
  readonly pods: readonly Shape[]
  readonly random: () => number
}

function onFloor(floor: FloorPlan, offer: Offer): Stand {
  return {
    offer,
    eachState: (see) => {
      for (const stand of floor.stands) if (stand) see(stand.state, stand.nodes.length)
    },
  }
}

function rated(rateOf: (ground: Ground) => Rate) {
  return (ground: Ground): Stand => {
    const floor = new FloorPlan(ground.nodes)
    const chooser = new Chooser(floor, rateOf(ground))
    return onFloor(floor, (pod) => {
      const choice = chooser.choose(pod)
      if (choice) floor.place(choice.stand, pod, choice.card)
      return choice !== null
    })
  }
}

function byNode(offerOf: (nodes: readonly NamedNode[], ground: Ground) => Offer) {
  return (ground: Ground): Stand => {
    const nodes = namedNodes(ground.nodes)
    return {
      offer: offerOf(nodes, ground),
      eachState: (see) => {
        for (const { state } of nodes) see(state, 1)
      },
    }
  }
}

function ours({ nodes, pods }: Ground): Stand {
  const placer = new Placer(nodes, typicalOf(pods, 1))
  return onFloor(placer.floor, (pod) => placer.place(pod) !== null)
}

export const POLICIES: Readonly<Record<string, (ground: Ground) => Stand>> = {
  Random: byNode((nodes, { random }) => offerRandom(nodes, random)),
  DotProd: rated(() => dotProd),
  GpuClustering: byNode((nodes) => offerClustering(nodes)),
  GpuPacking: rated(() => gpuPacking),
  BestFit: rated(() => bestFit),
  FGD: rated(({ pods }) => fgd(new Fragmentation(typicalOf(pods, FGD_COVERAGE)))),
  ours,
}
