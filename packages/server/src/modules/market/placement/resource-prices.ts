/**
 * What CPU and devices are worth, kind of node by kind of node: the prices at which the typical arrivals, in the volume that the
 * free devices can take, would share out what is free. A model that only some work may use, or nodes rich in CPU, get
 * dear as far as that work needs them. Dual prices of a fluid relaxation, smoothed, followed by gradient steps. Pure.
 */
import type { NodeState } from './node-state.ts'
import { NodeWorth, type Payer } from './node-worth.ts'
import { gpuMilliOf, type Shape, type Typical, WHOLE } from './shape.ts'

/** How far arrivals spread over kinds of nearly the same price, as part of their worth. */
const SMOOTHING = 0.05
/** Work without a device must be placed too: what its CPU counts for, in devices. */
const CPU_WORTH = 3
const STEP = 0.05
const MOMENTUM = 0.8
const FIRST_STEPS = 300
const NEXT_STEPS = 20
/** After the first steps each goes only half as far. */
const LATE_STEP = 0.5

interface Demand {
  readonly share: number
  readonly gpus: number
  readonly cpu: number
  readonly worth: number
  readonly spread: number
  /** The indexes of the kinds that it may run on. */
  readonly kinds: readonly number[]
}

/** CPU that goes with one device, over all nodes: CPU is counted in these. */
function cpuPerGpu(nodes: readonly NodeState[]): number {
  const cpuMilli = nodes.reduce((sum, node) => sum + node.cpuMilli, 0)
  const idleMilli = nodes.reduce((sum, node) => sum + node.idleMilli, 0)
  return idleMilli === 0 || cpuMilli === 0 ? 1 : (WHOLE * cpuMilli) / idleMilli
}

/** By kind, its nodes, but only one of those that are alike. */
function examplesOf(
  nodes: readonly NodeState[],
  kinds: readonly string[],
): readonly (readonly NodeState[])[] {
  const byKind = new Map(kinds.map((kind) => [kind, new Map<string, NodeState>()]))
  for (const node of nodes)
    byKind.get(node.kind)?.set(`${node.model}/${node.cards.length}/${node.cpuMilli}`, node)
  return [...byKind.values()].map((alike) => [...alike.values()])
}

/** Whether work could run on a node with so many devices and so much CPU. */
function couldHold({ model, cards, cpuMilli }: NodeState, shape: Shape): boolean {
  if (cards.length < shape.gpuCount || cpuMilli < shape.cpuMilli) return false
  return shape.models === null || shape.models.has(model)
}

export class ResourcePrices {
  readonly #cpuUnit: number
  readonly #demands: readonly Demand[]
  /** By kind, devices at 2k and CPU at 2k + 1. */
  readonly #free: Float64Array
  readonly #prices: Float64Array
  readonly #drift: Float64Array
  readonly #used: Float64Array
  readonly #pull: Float64Array
  #worths: readonly NodeWorth[] = []

  constructor(nodes: readonly NodeState[], kinds: readonly string[], typical: readonly Typical[]) {
    this.#cpuUnit = cpuPerGpu(nodes)
    const examples = examplesOf(nodes, kinds)
    this.#demands = typical.map((each) => this.#demandOf(each, examples))
    const [free, prices, drift, used] = Array.from({ length: 4 }, () => kinds.length * 2).map(
      (size) => new Float64Array(size),
    )
    this.#free = free ?? new Float64Array()
    this.#prices = prices ?? new Float64Array()
    this.#drift = drift ?? new Float64Array()
    this.#used = used ?? new Float64Array()
    this.#pull = new Float64Array(kinds.length)
    const index = new Map(kinds.map((kind, at) => [kind, at]))
    for (const node of nodes) this.#change(index.get(node.kind) ?? 0, node.idleMilli, node.cpuMilli)
    this.#follow(FIRST_STEPS, STEP)
  }

  #demandOf({ shape, share }: Typical, examples: readonly (readonly NodeState[])[]): Demand {
    const gpus = gpuMilliOf(shape) / WHOLE
    const cpu = shape.cpuMilli / this.#cpuUnit
    const kinds = examples.flatMap((nodes, kind) =>
      nodes.some((node) => couldHold(node, shape)) ? [kind] : [],
    )
    const worth = gpus > 0 ? gpus : CPU_WORTH * cpu
    return { share, gpus, cpu, worth, spread: SMOOTHING * Math.max(gpus || cpu, 1e-3), kinds }
  }

  #change(kind: number, gpuMilli: number, cpuMilli: number): void {
    this.#free[2 * kind] = (this.#free[2 * kind] ?? 0) + gpuMilli / WHOLE
    this.#free[2 * kind + 1] = (this.#free[2 * kind + 1] ?? 0) + cpuMilli / this.#cpuUnit
  }

  /** A shape was placed on a node of a kind. */
  take(kind: number, shape: Shape): void {
    this.#change(kind, -gpuMilliOf(shape), -shape.cpuMilli)
  }

  /** Brings the prices in line with what is free now. */
  refresh(): void {
    this.#follow(NEXT_STEPS, STEP * LATE_STEP)
  }

  /** What a node loses of its worth with a shape, in thousandths of a device. */
  lossOf(kind: number, { idleMilli, cpuMilli }: NodeState, shape: Shape): number {
    const worth = this.#worths[kind]
    if (!worth) return 0
    const [gpus, cpu] = [idleMilli / WHOLE, cpuMilli / this.#cpuUnit]
    const gpusThen = gpus - gpuMilliOf(shape) / WHOLE
    const cpuThen = cpu - shape.cpuMilli / this.#cpuUnit
    return WHOLE * (worth.of(gpus, cpu) - worth.of(gpusThen, cpuThen))
  }

  /** CPU of a node in thousandths of a device. */
  cpuAsGpuMilli(cpuMilli: number): number {
    return (WHOLE * cpuMilli) / this.#cpuUnit
  }

  #follow(steps: number, size: number): void {
    let [freeGpus, wantedGpus] = [0, 0]
    for (let at = 0; at < this.#free.length; at += 2) freeGpus += Math.max(0, this.#free[at] ?? 0)
    for (const { share, gpus } of this.#demands) wantedGpus += share * gpus
    if (freeGpus <= 0 || wantedGpus <= 0) return
    const volume = freeGpus / wantedGpus
    for (let step = 0; step < steps; step++) {
      this.#used.fill(0)
      for (const demand of this.#demands) this.#share(demand, volume, freeGpus)
      this.#move(size)
    }
    this.#worths = this.#worthByKind()
  }

  #costOf({ gpus, cpu }: Demand, kind: number): number {
    return (this.#prices[2 * kind] ?? 0) * gpus + (this.#prices[2 * kind + 1] ?? 0) * cpu
  }

  /** Work pays what it costs where it is cheapest for it. */
  #worthByKind(): readonly NodeWorth[] {
    const payers = Array.from(this.#pull, (): Payer[] => [])
    for (const demand of this.#demands) {
      const { gpus, cpu, worth, kinds } = demand
      const pays = Math.min(worth, ...kinds.map((kind) => this.#costOf(demand, kind)))
      for (const kind of kinds) payers[kind]?.push({ gpus, cpu, pays })
    }
    return payers.map((own) => new NodeWorth(own))
  }

  /** Spreads one demand over the kinds by what they cost it; some may find all too dear. */
  #share(demand: Demand, volume: number, freeGpus: number): void {
    const { share, gpus, cpu, worth, spread, kinds } = demand
    let most = 0
    for (const kind of kinds) {
      const pull = (worth - this.#costOf(demand, kind)) / spread
      this.#pull[kind] = pull
      if (pull > most) most = pull
    }
    let sum = Math.exp(-most)
    for (const kind of kinds) {
      const size = Math.max(this.#free[2 * kind] ?? 0, 1e-6) / freeGpus
      const pull = Math.exp((this.#pull[kind] ?? 0) - most) * size
      this.#pull[kind] = pull
      sum += pull
    }
    for (const kind of kinds) {
      const amount = (volume * share * (this.#pull[kind] ?? 0)) / sum
      this.#used[2 * kind] = (this.#used[2 * kind] ?? 0) + amount * gpus
      this.#used[2 * kind + 1] = (this.#used[2 * kind + 1] ?? 0) + amount * cpu
    }
  }

  /** What is asked for more than there is of it gets dearer, and the other way round. */
  #move(size: number): void {
    for (let at = 0; at < this.#prices.length; at++) {
      const free = Math.max(this.#free[at] ?? 0, 1e-6)
      const excess = Math.max(-1, Math.min(1, (this.#used[at] ?? 0) / free - 1))
      const drift = MOMENTUM * (this.#drift[at] ?? 0) + (1 - MOMENTUM) * excess
      this.#drift[at] = drift
      this.#prices[at] = Math.max(0, (this.#prices[at] ?? 0) + size * drift)
    }
  }
}
