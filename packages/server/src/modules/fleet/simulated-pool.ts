/** What the fleet file says of a simulated pool: a fleet that is not there, what lives on it, and what breaks. Pure. */
import { z } from 'zod'

const share = z.number().min(0, 'must be between 0 and 1').max(1, 'must be between 0 and 1')
const rate = z.number().min(0, 'must not be negative').max(100_000)

/** The owner's synthetic demand over a day; shares are of all slots. */
const anchor = z.strictObject({
  lowShare: share.default(0.2),
  peakShare: share.default(0.7),
  peakHourUtc: z.number().min(0).max(24, 'an hour of the day, from 0 to 24').default(14),
  jobMinutes: z.number().min(1, 'a job takes at least a minute').max(100_000).default(45),
  jobNodesMax: z.number().int().min(1).max(1000).default(4),
})

const faults = z.strictObject({
  nodeDownsPerNodeYear: rate.default(0),
  slotFaultsPerSlotYear: rate.default(0),
  repairMinutes: z.number().min(1, 'a repair takes at least a minute').max(100_000).default(60),
})

/** Half a minute, as large operators give it, then the time in which a process has to be gone. */
const preemption = z.strictObject({
  graceMs: z.number().int().min(0).max(3_600_000).default(30_000),
  killWaitMs: z.number().int().min(0).max(3_600_000).default(5000),
})

export const simulated = z.strictObject({
  nodes: z.number().int('write a whole number of nodes').min(1).max(20_000),
  slotsPerNode: z.number().int('write a whole number of slots').min(1).max(64).default(8),
  nodesPerRack: z.number().int().min(1).max(1000).default(4),
  racksPerFabric: z.number().int().min(1).max(1000).default(8),
  /** The same seed lives the same life. */
  seed: z.number().int().min(0).max(2_000_000_000).default(1),
  anchor: anchor.optional(),
  preemption: preemption.prefault({}),
  faults: faults.prefault({}),
})

/** The shapes by the path at which they stand, to guess what a misspelt key was to be. */
export const SIMULATED_SHAPES: Readonly<Record<string, z.ZodObject>> = {
  simulated,
  'simulated.anchor': anchor,
  'simulated.preemption': preemption,
  'simulated.faults': faults,
}
