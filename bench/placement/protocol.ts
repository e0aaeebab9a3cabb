/**
 * The protocol of the published experiments: pods in a shuffled order, made up to 130% of the GPUs or cut down to
 * them, are offered one by one; nothing leaves, and what does not fit is passed over.
 */
import { gpuMilliOf, type Shape } from '../../packages/server/src/modules/market/index.ts'

const OFFERED = 1.3

/** Numbers below one, the same for a seed on any machine. */
export function randomOf(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x100000000
  }
}

export function below(random: () => number, count: number): number {
  return Math.floor(random() * count)
}

/** Any order, each as likely as the others. */
export function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const order = [...items]
  for (let index = order.length - 1; index > 0; index--) {
    const other = below(random, index + 1)
    const [a, b] = [order[index], order[other]]
    if (a !== undefined && b !== undefined) [order[index], order[other]] = [b, a]
  }
  return order
}

/** The pods of one run, in the order in which they are offered. */
export function arrivalsOf(
  pods: readonly Shape[],
  capacityMilli: number,
  random: () => number,
): readonly Shape[] {
  const order = shuffled(pods, random)
  const offeredMilli = OFFERED * capacityMilli
  let sumMilli = order.reduce((sum, pod) => sum + gpuMilliOf(pod), 0)
  if (sumMilli === 0) throw new Error('No pod of the list asks for a GPU.')
  while (sumMilli > offeredMilli) {
    const [removed] = order.splice(below(random, order.length), 1)
    if (removed) sumMilli -= gpuMilliOf(removed)
  }
  if (order.length < pods.length) return order
  for (;;) {
    const drawn = pods[below(random, pods.length)]
    if (!drawn || sumMilli + gpuMilliOf(drawn) > offeredMilli) return order
    order.push(drawn)
    sumMilli += gpuMilliOf(drawn)
  }
}

/** Places a pod if it fits anywhere; answers whether it did. */
export type Offer = (pod: Shape) => boolean

export interface Run {
  /** Mean allocated GPU %, by whole percent of GPUs asked for. */
  readonly allocated: ReadonlyMap<number, number>
  /** The fragmented GPUs as % of all, at the same points. */
  readonly fragmented: ReadonlyMap<number, number>
  readonly decisions: number
}

export interface Plan {
  readonly arrivals: readonly Shape[]
  readonly capacityMilli: number
  /** Where the fragmentation is looked at. */
  readonly points: readonly number[]
}

/** Offers the arrivals, and measures after each. */
export function play(
  { arrivals, capacityMilli, points }: Plan,
  offer: Offer,
  fragmentedMilli: () => number,
): Run {
  const sums = new Map<number, { sum: number; count: number }>()
  const fragmented = new Map<number, number>()
  let [arrivedMilli, allocatedMilli] = [0, 0]
  for (const pod of arrivals) {
    arrivedMilli += gpuMilliOf(pod)
    if (offer(pod)) allocatedMilli += gpuMilliOf(pod)
    const point = Math.round((100 * arrivedMilli) / capacityMilli)
    const at = sums.get(point) ?? { sum: 0, count: 0 }
    at.sum += (100 * allocatedMilli) / capacityMilli
    at.count++
    sums.set(point, at)
    if (points.includes(point) && !fragmented.has(point))
      fragmented.set(point, (100 * fragmentedMilli()) / capacityMilli)
  }
  return {
    allocated: new Map([...sums].map(([point, { sum, count }]) => [point, sum / count])),
    fragmented,
    decisions: arrivals.length,
  }
}
