/** How a deployment scales: as the fleet file declares it, or as an operator changed it. Pure. */
import type { ScalingTerms } from '#modules/market/index.ts'

export type { ScalingTerms } from '#modules/market/index.ts'

/** Terms under which a number stays as it is. */
export function fixedTerms(replicas: number, terms: ScalingTerms = DEFAULT_TERMS): ScalingTerms {
  return { ...terms, policy: 'fixed', replicasMin: replicas, replicasMax: replicas }
}

const DEFAULT_TERMS: ScalingTerms = {
  policy: 'fixed',
  replicasMin: 0,
  replicasMax: 0,
  idleMs: 300_000,
  steadyMs: 120_000,
  bandPpm: 100_000,
}

/** The number of replicas nearest to one that the bounds allow. */
export function withinBounds(replicas: number, { replicasMin, replicasMax }: ScalingTerms): number {
  return Math.min(replicasMax, Math.max(replicasMin, replicas))
}

/** Whether two say the same. */
export function areSame(a: ScalingTerms, b: ScalingTerms): boolean {
  return (Object.keys(a) as (keyof ScalingTerms)[]).every((name) => a[name] === b[name])
}
