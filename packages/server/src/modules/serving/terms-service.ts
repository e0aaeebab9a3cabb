/** Changes how a deployment scales, and how many replicas it has now. */
import { Fault } from '#kernel/fault.ts'
import type { Db } from '#platform/db/database.ts'
import { emitEvent } from '#platform/events/emit.ts'
import { wakeStrand } from '#platform/jobs/strand.ts'
import { DEPLOYMENT_PROGRAM } from './steps.ts'
import { lockDeployment, saveReplicasWanted, saveTerms } from './store.ts'
import { type ScalingTerms, withinBounds } from './terms.ts'

/** What is left out stays; with a fixed number the maximum alone says how many. */
function changed(old: ScalingTerms, change: Partial<ScalingTerms>): ScalingTerms {
  const terms = { ...old, ...change }
  if (terms.policy === 'autoscale') return terms
  const replicas = change.replicasMax ?? change.replicasMin ?? withinBounds(1, old)
  return { ...terms, replicasMin: change.replicasMin ?? replicas, replicasMax: replicas }
}

/** Throws `deployment.not_found` and `deployment.bounds_wrong`. */
export async function changeTerms(
  tx: Db,
  id: string,
  { change, now }: { readonly change: Partial<ScalingTerms>; readonly now: Date },
): Promise<void> {
  const deployment = await lockDeployment(tx, id)
  if (deployment === null || deployment.source !== 'replica')
    throw new Fault('deployment.not_found', `There is no deployment ${id} with replicas of ours.`)
  const terms = changed(deployment.terms, change)
  const { policy, replicasMin, replicasMax } = terms
  if (replicasMin > replicasMax || (policy === 'fixed' && replicasMin !== replicasMax))
    throw new Fault(
      'deployment.bounds_wrong',
      `${replicasMin} to ${replicasMax} replicas with the policy ${policy} cannot be.`,
    )
  if (policy === 'autoscale' && (deployment.server?.gpus ?? 1) > 1)
    throw new Fault(
      'deployment.bounds_wrong',
      'A bid is for one GPU: replicas of several have a fixed number.',
    )
  await saveTerms(tx, id, terms)
  const from = deployment.replicasWanted
  const to = withinBounds(from, terms)
  if (to !== from) await setReplicasWanted(tx, { id, from, to }, now)
}

export interface ReplicaMove {
  readonly id: string
  readonly from: number
  readonly to: number
}

/** Whether it was done: not when somebody changed the number, or what bounds it, meanwhile. */
export async function setReplicasWanted(
  tx: Db,
  { id, from, to }: ReplicaMove,
  now: Date,
): Promise<boolean> {
  const deployment = await lockDeployment(tx, id)
  if (deployment === null || deployment.replicasWanted !== from) return false
  await saveReplicasWanted(tx, id, withinBounds(to, deployment.terms))
  await emitEvent(tx, {
    ...{ at: now, type: 'deployment.scaled', organizationId: null, subject: deployment.model },
    data: { deploymentId: id, from, to },
  })
  await wakeStrand(tx, { program: DEPLOYMENT_PROGRAM, subject: id }, now)
  return true
}
