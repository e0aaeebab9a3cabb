/** A simulated node: who has each of its slots, and what is wrong with it. */
import type { NodeHealth } from '#platform/engines/engine.ts'
import { GIVES_WAY, type SimulatedAttempt } from './attempt.ts'
import type { ClusterLayout, WorkFate } from './event.ts'
import type { SimulatedJob } from './job.ts'

export type Occupant = SimulatedAttempt | SimulatedJob

/** Slots that are free, and slots of those who give way to the owner's work. */
export interface NodeRoom {
  readonly free: number
  readonly takeable: number
}

export class SimulatedNode {
  readonly name: string
  readonly rack: string
  readonly fabric: string
  readonly owners: (Occupant | null)[]
  /** The job that gets the slot once its owner is gone; nobody else does. */
  readonly keptFor: (SimulatedJob | null)[]
  readonly faults = new Map<number, string>()
  #room: NodeRoom | null = null
  lost: { readonly reason: string; readonly work: WorkFate } | null = null
  drainReason: string | null = null

  constructor(
    name: string,
    place: { readonly rack: string; readonly fabric: string },
    slots: number,
  ) {
    this.name = name
    this.rack = place.rack
    this.fabric = place.fabric
    this.owners = Array.from({ length: slots }, () => null)
    this.keptFor = Array.from({ length: slots }, () => null)
  }

  get health(): NodeHealth {
    if (this.lost !== null) return { state: 'down', reason: this.lost.reason }
    if (this.drainReason !== null) return { state: 'draining', reason: this.drainReason }
    return { state: 'up' }
  }

  /** What a job that has nothing yet could find here. Counted again after a change only. */
  get room(): NodeRoom {
    this.#room ??= this.#count()
    return this.#room
  }

  /** Something about it changed. */
  touch(): void {
    this.#room = null
  }

  #count(): NodeRoom {
    let [free, takeable] = [0, 0]
    if (this.health.state === 'up')
      for (const [slot, owner] of this.owners.entries()) {
        if (this.faults.has(slot) || (this.keptFor[slot] ?? null) !== null) continue
        if (owner === null) free += 1
        else if (owner.is === 'attempt' && GIVES_WAY.includes(owner.kind)) takeable += 1
      }
    return { free, takeable }
  }

  /** Whether a slot could be taken by this one now. */
  isFree(slot: number, by: Occupant): boolean {
    if (slot >= this.owners.length || this.health.state !== 'up' || this.faults.has(slot))
      return false
    const kept = this.keptFor[slot] ?? null
    return this.owners[slot] === null && (kept === null || kept === by)
  }

  /** Everybody who has a slot here, each once. */
  occupants(): Set<Occupant> {
    return new Set(this.owners.filter((owner) => owner !== null))
  }
}

/** Nodes are counted from 0, and named from 1: `h200-east-001`. */
export function nodeName({ prefix, nodes }: ClusterLayout, index: number): string {
  const digits = Math.max(3, String(nodes).length)
  return `${prefix}-${String(index + 1).padStart(digits, '0')}`
}

/** The nodes of a layout, rack by rack, the racks of a fabric side by side. */
export function layOut(layout: ClusterLayout): Map<string, SimulatedNode> {
  const nodes = Array.from({ length: layout.nodes }, (_, index) => {
    const rackIndex = Math.floor(index / layout.nodesPerRack)
    const rack = `rack-${rackIndex + 1}`
    const fabric = `fabric-${Math.floor(rackIndex / layout.racksPerFabric) + 1}`
    return new SimulatedNode(nodeName(layout, index), { rack, fabric }, layout.slotsPerNode)
  })
  return new Map(nodes.map((node) => [node.name, node]))
}
