/** Supply as the operator sees it: sites, pools, nodes, engines, costs. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Amount, Instant, Name, NodeId } from './primitives.ts'

export const Node = z.object({
  id: NodeId,
  name: z.string(),
  slotCount: z.number().int(),
  state: z.enum(['ready', 'draining', 'down', 'faulty']),
  /** Why it takes no new work; null while it is ready. */
  reason: z.string().nullable(),
  hardware: z.string(),
  since: Instant,
})
export type Node = z.infer<typeof Node>

export const FleetPool = z.object({
  name: Name,
  accelerator: z.string(),
  acceleratorKind: z.enum(['gpu', 'cpu']),
  engine: z.string(),
  /** Which way the accelerators were found, as a sentence. */
  finding: z.string(),
  /** How the work of customers is kept apart, and by what, as a sentence. Where it cannot be, they may not lease. */
  isolation: z.object({
    kind: z.enum(['sandbox', 'accounts', 'none', 'owner_only']),
    text: z.string(),
    /** Registries that container images may come from; absent where commands run without images. */
    registries: z.array(z.string()).optional(),
  }),
  capexUsdPerGpu: Amount,
  lifeYears: z.number(),
  powerKwPerGpu: z.number(),
  nodes: z.array(Node),
})

export const Site = z.object({
  name: Name,
  region: z.string(),
  jurisdiction: z.string(),
  ownership: z.enum(['owned', 'leased', 'resold']),
  pue: z.number(),
  powerUsdPerKwh: Amount,
  powerCapKw: z.number().nullable(),
  pools: z.array(FleetPool),
})
export type Site = z.infer<typeof Site>

export const getFleet = endpoint({
  id: 'fleet.get',
  method: 'GET',
  path: '/fleet',
  summary: 'The fleet: sites, pools, nodes, and how each was found',
  permission: 'fleet.read',
  returns: z.object({ sites: z.array(Site), fleetFile: z.string() }),
})
