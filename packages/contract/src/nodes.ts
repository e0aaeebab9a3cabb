/** Nodes one by one: what each carries, how it is, what happened to it, and keeping work off it. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Node } from './fleet.ts'
import { LeaseKind, LeaseState } from './leases.ts'
import { Slot, UtilisationBucket, UtilisationWindow } from './pools.ts'
import { Instant, LeaseId, Limit, Name, NodeId, list } from './primitives.ts'

/** A node as a line of a list. */
export const NodeLine = Node.extend({
  pool: Name,
  rack: z.string().nullable(),
  fabric: z.string().nullable(),
  /** Slots by what claims them now; `free` is the absence of a claim. They sum to `slotCount`. */
  slotsByKind: z.record(z.string(), z.number().int()),
  /** How many slots must not be sold because they are broken. */
  faultCount: z.number().int(),
})
export type NodeLine = z.infer<typeof NodeLine>

export const SlotFault = z.object({
  slot: z.number().int(),
  /** In the words of whoever found it, such as `Xid 79: the GPU has fallen off the bus`. */
  reason: z.string(),
  /**
   * What found it. It ends when the same says otherwise; what the kernel's log told ends when machine or driver start
   * anew, what a check found when the node is resumed.
   */
  reading: z.enum(['engine', 'kernel_log', 'dcgm', 'check']),
  /** It does not answer at all: what ran on it cannot go on. */
  isLost: z.boolean(),
  since: Instant,
  /** When the slot was last seen without a fault; null where nobody looked before. */
  lastGoodAt: Instant.nullable(),
})
export type SlotFault = z.infer<typeof SlotFault>

/** A fact in a node's life. */
export const NodeFact = z.object({
  at: Instant,
  /** Past tense, such as `node.drained`. */
  type: z.string(),
  text: z.string(),
  /** Who did it; null for what was found. */
  actor: z.string().nullable(),
})
export type NodeFact = z.infer<typeof NodeFact>

/** A lease that has slots on a node. */
export const NodeLease = z.object({
  id: LeaseId,
  name: z.string(),
  organization: z.string(),
  kind: LeaseKind,
  state: LeaseState,
  slots: z.array(z.number().int()),
  /** Of how many nodes it has slots in all. */
  nodes: z.number().int(),
  noticeMs: z.number().int(),
  requeue: z.boolean(),
  /** The engine's own work: Spillway never stops it. */
  isForeign: z.boolean(),
})
export type NodeLease = z.infer<typeof NodeLease>

export const NodeDetail = NodeLine.extend({
  slots: z.array(Slot),
  leases: z.array(NodeLease),
  faults: z.array(SlotFault),
  /** Newest first. */
  facts: z.array(NodeFact),
})
export type NodeDetail = z.infer<typeof NodeDetail>

const byId = z.strictObject({ id: NodeId })
const reason = z.string().min(3, 'say why, for whoever looks next').max(300)

export const listNodes = endpoint({
  id: 'node.list',
  method: 'GET',
  path: '/nodes',
  summary: 'List nodes with their state and what their slots are used for',
  permission: 'node.list',
  query: z.strictObject({
    pool: Name.optional(),
    state: Node.shape.state.optional(),
    rack: z.string().max(120).optional(),
    cursor: z.string().max(200).optional(),
    limit: Limit,
  }),
  returns: list(NodeLine),
})

export const getNode = endpoint({
  id: 'node.get',
  method: 'GET',
  path: '/nodes/{id}',
  summary: 'A node: its slots, leases, faults and history',
  permission: 'node.list',
  params: byId,
  returns: NodeDetail,
  errors: ['node.not_found'],
})

export const getNodeUtilisation = endpoint({
  id: 'node.utilisation',
  method: 'GET',
  path: '/nodes/{id}/utilisation',
  summary: 'Use of a node over time by claim kind, in slot-milliseconds that sum to the wall time',
  permission: 'node.list',
  params: byId,
  query: UtilisationWindow,
  returns: z.object({ node: NodeId, buckets: z.array(UtilisationBucket) }),
  errors: ['node.not_found'],
})

export const drainNode = endpoint({
  id: 'node.drain',
  method: 'POST',
  path: '/nodes/{id}/drain',
  summary: 'Keep new work off a node; what runs goes on, or is taken back with its notice',
  permission: 'node.change',
  params: byId,
  body: z.strictObject({
    reason,
    evacuate: z.boolean().default(false).meta({
      description:
        'Take back what runs there, each lease with its own notice. The operator\u2019s own work goes on.',
    }),
  }),
  returns: NodeDetail,
  errors: ['node.not_found'],
})

export const resumeNode = endpoint({
  id: 'node.resume',
  method: 'POST',
  path: '/nodes/{id}/resume',
  summary:
    'Take back a drain, a quarantine, a retirement, and faults that a log, DCGM or a check told of',
  permission: 'node.change',
  params: byId,
  body: z.strictObject({ reason: reason.optional() }),
  returns: NodeDetail,
  errors: ['node.not_found'],
})

export const quarantineNode = endpoint({
  id: 'node.quarantine',
  method: 'POST',
  path: '/nodes/{id}/quarantine',
  summary: 'Mark a node as broken: nothing is sold there until it is resumed',
  permission: 'node.change',
  params: byId,
  body: z.strictObject({ reason }),
  returns: NodeDetail,
  errors: ['node.not_found'],
})

export const retireNode = endpoint({
  id: 'node.retire',
  method: 'POST',
  path: '/nodes/{id}/retire',
  summary: 'Take an empty node out of the fleet for good; the record stays',
  permission: 'node.change',
  params: byId,
  body: z.strictObject({ reason }),
  returns: NodeDetail,
  errors: ['node.not_found', 'node.in_use'],
})
