/**
 * The nodes of the simulated pool, kept by how much is free on them and how much would be if all that is sold went, so
 * that whether a gang fits, and where, is found without looking at every node. Says nothing of who runs there.
 */
import { assert } from '#kernel/assert.ts'
import type { JobKind } from './job.ts'

/** Nodes by a number between zero and the greatest size; each has one. */
class Levels {
  readonly #nodes: number[][]
  readonly #position: Int32Array
  readonly #level: Int32Array

  constructor(levels: ArrayLike<number>, levelMax: number) {
    this.#nodes = Array.from({ length: levelMax + 1 }, () => [])
    this.#position = new Int32Array(levels.length)
    this.#level = new Int32Array(levels.length)
    for (let node = 0; node < levels.length; node++) this.#enter(node, levels[node] ?? 0)
  }

  of(node: number): number {
    return this.#level[node] ?? 0
  }

  at(level: number): readonly number[] {
    return this.#nodes[level] ?? []
  }

  move(node: number, level: number): void {
    const from = this.#nodes[this.of(node)] ?? []
    const position = this.#position[node] ?? 0
    const last = from.pop()
    if (last !== undefined && last !== node) {
      from[position] = last
      this.#position[last] = position
    }
    this.#enter(node, level)
  }

  /** How many workers of one size fit. */
  fitting(gpus: number): number {
    let count = 0
    for (let level = gpus; level < this.#nodes.length; level++)
      count += this.at(level).length * Math.floor(level / gpus)
    return count
  }

  #enter(node: number, level: number): void {
    const list = this.#nodes[level]
    assert(list !== undefined, 'a node has between none and all of its GPUs free')
    this.#position[node] = list.length
    this.#level[node] = level
    list.push(node)
  }
}

export class Grid {
  readonly sizes: readonly number[]
  readonly sizeMax: number
  readonly capacity: number
  freeTotal: number
  spotTotal = 0
  anchorTotal = 0
  readonly #free: Levels
  /** What anchor work leaves: free, or sold and reclaimable. */
  readonly #reach: Levels

  constructor(sizes: readonly number[]) {
    assert(sizes.length > 0, 'a fleet has a node')
    this.sizes = sizes
    this.sizeMax = Math.max(...sizes)
    this.capacity = sizes.reduce((sum, size) => sum + size, 0)
    this.freeTotal = this.capacity
    this.#free = new Levels(sizes, this.sizeMax)
    this.#reach = new Levels(sizes, this.sizeMax)
  }

  freeOn(node: number): number {
    return this.#free.of(node)
  }

  spotOn(node: number): number {
    return this.#reach.of(node) - this.#free.of(node)
  }

  anchorOn(node: number): number {
    return (this.sizes[node] ?? 0) - this.#reach.of(node)
  }

  /** Nodes with exactly so many GPUs free. */
  withFree(gpus: number): readonly number[] {
    return this.#free.at(gpus)
  }

  /** Nodes with exactly so many GPUs that are free or sold. */
  withReach(gpus: number): readonly number[] {
    return this.#reach.at(gpus)
  }

  /** Whether a gang fits on what is free, while so many of the largest nodes stay empty, or all that are. */
  fits(workers: number, gpus: number, keptNodes = 0): boolean {
    if (workers * gpus > this.freeTotal) return false
    const kept = Math.min(keptNodes, this.withFree(this.sizeMax).length)
    return this.#free.fitting(gpus) - kept * Math.floor(this.sizeMax / gpus) >= workers
  }

  /** Whether a gang would fit if everything that is sold went. */
  reaches(workers: number, gpus: number): boolean {
    return workers * gpus <= this.freeTotal + this.spotTotal && this.#reach.fitting(gpus) >= workers
  }

  take(node: number, gpus: number, kind: JobKind): void {
    assert(this.freeOn(node) >= gpus, 'nothing is placed where it does not fit')
    this.#change(node, -gpus, kind)
  }

  give(node: number, gpus: number, kind: JobKind): void {
    this.#change(node, gpus, kind)
  }

  #change(node: number, gpus: number, kind: JobKind): void {
    this.#free.move(node, this.freeOn(node) + gpus)
    this.freeTotal += gpus
    if (kind === 'spot') this.spotTotal -= gpus
    else {
      this.#reach.move(node, this.#reach.of(node) + gpus)
      this.anchorTotal -= gpus
    }
  }
}
