/** What the owner's people run and wait for, over time: demand that comes before everything that is sold. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Instant, InstantInput, Name } from './primitives.ts'

export const AnchorDemand = z.object({
  /** Holds until the next sample. */
  at: Instant,
  runningGpus: z.number().int(),
  /** Asked for in the engine, and not running. */
  pendingGpus: z.number().int(),
  runningJobs: z.number().int(),
  pendingJobs: z.number().int(),
})
export type AnchorDemand = z.infer<typeof AnchorDemand>

export const getAnchorDemand = endpoint({
  id: 'anchor.demand',
  method: 'GET',
  path: '/anchor/demand',
  summary: 'What the owner\u2019s people run and wait for in the engine of a pool, over time',
  permission: 'anchor.read',
  query: z.strictObject({
    pool: Name,
    from: InstantInput.optional().meta({ description: 'Default: a day before `to`.' }),
    to: InstantInput.optional().meta({ description: 'Default: now.' }),
    limit: z.coerce.number().int().min(1).max(10_000).default(1000).meta({
      description: 'The latest so many samples.',
    }),
  }),
  returns: z.object({
    pool: Name,
    /** Null where the engine never told of any work. */
    now: AnchorDemand.nullable(),
    samples: z.array(AnchorDemand),
  }),
  errors: ['pool.not_found'],
})
