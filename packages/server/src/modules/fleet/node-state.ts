/** Nodes, and their state from everything that may keep work off them. Pure. */
import type { NodeInstant, Reading } from '#platform/engines/engine.ts'

export type NodeState = 'ready' | 'draining' | 'down' | 'faulty'

/** Each is kept by itself, so that taking one back leaves the others standing. Null: it does not. */
export interface NodeCauses {
  readonly engineState: 'up' | 'draining' | 'down'
  /** The engine's words, or its administrator's. */
  readonly engineReason: string | null
  /** The operator drained it here. */
  readonly drainReason: string | null
  /** It failed a check, or the operator says that it is broken. */
  readonly quarantineReason: string | null
  /** The fleet file, or the engine, has it otherwise; it changes once it is free. */
  readonly changeReason: string | null
}

export const NO_CAUSES: NodeCauses = {
  engineState: 'up',
  engineReason: null,
  drainReason: null,
  quarantineReason: null,
  changeReason: null,
}

export interface NodeStanding {
  readonly state: NodeState
  /** Null while it is ready. */
  readonly reason: string | null
}

export interface Node extends NodeCauses, NodeStanding {
  readonly id: string
  readonly pool: string
  readonly name: string
  readonly slotCount: number
  readonly hardware: string
  readonly rack: string | null
  readonly fabric: string | null
  readonly activeFrom: Date
  /** Its engine was told to keep work off it, so that it speaks of a drain is our own echo. */
  readonly isDrainTold: boolean
}

/** What found a fault: a reading of the engine, or an active check of ours. */
export type FaultReading = Reading | 'check'

/** A slot that must not be sold. It has at most one for each reading. */
export interface SlotFault {
  readonly nodeId: string
  readonly slot: number
  readonly reason: string
  /** It does not answer at all. */
  readonly isLost: boolean
  readonly since: Date
  readonly lastGoodAt: Date | null
  readonly reading: FaultReading
  /** When the node's kernel told of it; null where it stands just as long as it is read. */
  readonly seenAt: NodeInstant | null
}

/** The gravest cause decides: one that does not answer, then one that is broken, then one that is drained. */
export function nodeStanding(causes: NodeCauses): NodeStanding {
  const { engineState, engineReason, drainReason, quarantineReason, changeReason } = causes
  if (engineState === 'down') return { state: 'down', reason: engineReason ?? 'it does not answer' }
  if (quarantineReason !== null) return { state: 'faulty', reason: quarantineReason }
  if (drainReason !== null) return { state: 'draining', reason: drainReason }
  if (engineState === 'draining')
    return { state: 'draining', reason: engineReason ?? 'drained in the engine' }
  if (changeReason !== null) return { state: 'draining', reason: changeReason }
  return { state: 'ready', reason: null }
}
