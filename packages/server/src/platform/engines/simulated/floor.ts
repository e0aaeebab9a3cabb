/** The nodes of a simulated cluster: who has which slots, for whom slots are kept, which nodes answer. */
import { present } from '#kernel/assert.ts'
import type { Placement } from '#platform/engines/engine.ts'
import type { ClusterLayout, WorkFate } from './event.ts'
import type { SimulatedJob } from './job.ts'
import { layOut, type Occupant, type SimulatedNode } from './node.ts'

export class SimulatedFloor {
  #nodes = new Map<string, SimulatedNode>()
  #lostTotal = 0

  get nodes(): ReadonlyMap<string, SimulatedNode> {
    return this.#nodes
  }

  /** Nodes that are as they were keep what they have, and one that is in use is never taken away. */
  declare(layout: ClusterLayout): void {
    const nodes = layOut(layout)
    for (const [name, node] of this.#nodes) {
      const next = nodes.get(name)
      const isAlike =
        next !== undefined &&
        next.rack === node.rack &&
        next.fabric === node.fabric &&
        next.owners.length === node.owners.length
      if (isAlike || node.occupants().size > 0) nodes.set(name, node)
    }
    this.#nodes = nodes
    this.#lostTotal = [...nodes.values()].filter((node) => node.lost !== null).length
  }

  /** Whether every node of these answers. */
  isReached(placements: readonly Placement[]): boolean {
    if (this.#lostTotal === 0) return true
    return placements.every(({ node }) => (this.#nodes.get(node)?.lost ?? null) === null)
  }

  /** Why these slots can never be had; null when they could. */
  whyNever(placements: readonly Placement[]): string | null {
    for (const { node, slots } of placements) {
      const found = this.#nodes.get(node)
      if (found === undefined) return `there is no node ${node}`
      const beyond = slots.find((slot) => slot >= found.owners.length)
      if (beyond !== undefined) return `node ${node} has no slot ${beyond}`
    }
    return null
  }

  canHave(by: Occupant, placements: readonly Placement[]): boolean {
    return placements.every(({ node, slots }) => {
      const found = this.#nodes.get(node)
      return found !== undefined && slots.every((slot) => found.isFree(slot, by))
    })
  }

  occupy(owner: Occupant, placements: readonly Placement[]): void {
    for (const { node, slots } of placements) {
      const found = present(this.#nodes.get(node), node)
      for (const slot of slots) {
        found.owners[slot] = owner
        found.keptFor[slot] = null
      }
      found.touch()
    }
  }

  release(owner: Occupant, placements: readonly Placement[]): void {
    for (const { node, slots } of placements) {
      const found = this.#nodes.get(node)
      for (const slot of slots) if (found?.owners[slot] === owner) found.owners[slot] = null
      found?.touch()
    }
  }

  /** Nobody else gets these slots once they are free. */
  keep(job: SimulatedJob, placements: readonly Placement[]): void {
    for (const { node, slots } of placements) {
      const found = present(this.#nodes.get(node), node)
      for (const slot of slots) found.keptFor[slot] = job
      found.touch()
    }
  }

  stopKeeping(job: SimulatedJob, placements: readonly Placement[]): void {
    for (const { node, slots } of placements) {
      const found = this.#nodes.get(node)
      for (const slot of slots) if (found?.keptFor[slot] === job) found.keptFor[slot] = null
      found?.touch()
    }
  }

  /** False when it was lost already. */
  lose(node: SimulatedNode, reason: string, work: WorkFate): boolean {
    if (node.lost !== null) return false
    node.lost = { reason, work }
    this.#lostTotal += 1
    return true
  }

  /** False when it was not lost. */
  bringBack(node: SimulatedNode): boolean {
    if (node.lost === null) return false
    node.lost = null
    this.#lostTotal -= 1
    return true
  }
}
