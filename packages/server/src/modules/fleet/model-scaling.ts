/** How a model of the fleet file scales: the block `autoscale`, or a fixed number of replicas. Pure. */
import { z } from 'zod'
import { durationMs } from './reclaim-policy.ts'

const count = z.number().int('write a whole number of replicas').min(0).max(64)

export const autoscaleBlock = z.strictObject({
  min: count.default(0),
  max: count.min(1, 'at most none would serve nobody').default(1),
  idle: durationMs.default(300_000),
  steady: durationMs.default(120_000),
  bandPercent: z
    .number()
    .min(0, 'must be between 0 and 90')
    .max(90, 'must be between 0 and 90')
    .default(10),
})

const PPM_PER_PERCENT = 10_000

interface ModelOfFile {
  readonly replicas: number
  readonly autoscale?: z.output<typeof autoscaleBlock> | undefined
}

/** What is wrong with the block though each of its parts is well written. */
function whyNoAutoscale({ autoscale }: ModelOfFile): string | null {
  if (autoscale === undefined || autoscale.min <= autoscale.max) return null
  return `the minimum of ${autoscale.min} is above the maximum of ${autoscale.max}`
}

export function scalingFaults(models: readonly ModelOfFile[]) {
  return models.flatMap((model, index) => {
    const message = whyNoAutoscale(model)
    return message === null ? [] : [{ path: ['models', index, 'autoscale'], message }]
  })
}

/** How many replicas a model begins with. */
export function replicasAtFirst({ replicas, autoscale }: ModelOfFile): number {
  return autoscale?.min ?? replicas
}

/** The terms of a model, with everything that the file leaves out. */
export function scalingOf(model: ModelOfFile) {
  const { replicas, autoscale } = model
  const written = autoscale ?? autoscaleBlock.parse({ min: replicas, max: Math.max(1, replicas) })
  return {
    policy: autoscale === undefined ? ('fixed' as const) : ('autoscale' as const),
    replicasMin: replicasAtFirst(model),
    replicasMax: autoscale?.max ?? replicas,
    idleMs: written.idle,
    steadyMs: written.steady,
    bandPpm: Math.round(written.bandPercent * PPM_PER_PERCENT),
  }
}
