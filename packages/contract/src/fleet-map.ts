/**
 * The fleet as a map: one short line a node, so that five thousand nodes with their slots are one small answer, and
 * what changed since is a much smaller one.
 */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Node } from './fleet.ts'
import { type ClaimKind, LeaseId, Name, NodeId } from './primitives.ts'

/** One letter a slot. A slot that is leaving has the capital letter of what it was. */
export const SLOT_LETTERS: Readonly<Record<Exclude<ClaimKind, 'draining'> | 'free', string>> = {
  anchor: 'a',
  reserved: 'r',
  on_demand: 'o',
  spot: 's',
  flex: 'f',
  serving: 'v',
  maintenance: 'm',
  faulty: 'x',
  free: '-',
}

export const FleetMapPool = z.object({
  name: Name,
  site: Name,
  region: z.string(),
  accelerator: z.string(),
  acceleratorKind: z.enum(['gpu', 'cpu']),
  engine: z.string(),
})
export type FleetMapPool = z.infer<typeof FleetMapPool>

/** Whose a claimed slot is. */
export const FleetMapOwner = z.object({
  /** Null for a claim that is not a lease of ours. */
  leaseId: LeaseId.nullable(),
  /** The name of the lease, or its command. */
  lease: z.string().nullable(),
  organization: z.string().nullable(),
})
export type FleetMapOwner = z.infer<typeof FleetMapOwner>

const count = z.number().int().min(0)

export const FleetMapNode = z.object({
  id: NodeId,
  name: z.string(),
  /** Index into `pools`. */
  pool: count,
  rack: z.string().nullable(),
  fabric: z.string().nullable(),
  state: Node.shape.state,
  /** One letter a slot, in physical order. */
  slots: z.string().meta({
    description:
      'One letter a slot: a anchor, r reserved, o on_demand, s spot, f flex, v serving, m maintenance, x faulty, - free; a capital letter is leaving.',
  }),
  /** Runs of neighbouring slots of one owner: first slot, how many, index into `owners`. */
  owners: z.array(z.tuple([count, count, count])),
})
export type FleetMapNode = z.infer<typeof FleetMapNode>

export const FleetMap = z.object({
  /** Send it as `since` to learn only what changed. */
  version: z.string(),
  /** False: `nodes` are only those that changed since, and `gone` those that left the fleet. */
  isWhole: z.boolean(),
  pools: z.array(FleetMapPool),
  /** Those that the nodes of this answer name. */
  owners: z.array(FleetMapOwner),
  nodes: z.array(FleetMapNode),
  gone: z.array(NodeId),
})
export type FleetMap = z.infer<typeof FleetMap>

export const getFleetMap = endpoint({
  id: 'fleet.map',
  method: 'GET',
  path: '/fleet/map',
  summary: 'The fleet as a map: every node with one letter a slot, or what changed since a version',
  permission: 'fleet.read',
  query: z.strictObject({
    since: z.string().max(100).optional().meta({
      description:
        'A version answered before. One that is not known any more answers the whole map.',
    }),
  }),
  returns: FleetMap,
})
