/** Moves GPUs of a pool between tokens and leases: measures, lets the market decide, and keeps each look with its reason. */
import { present } from '#kernel/assert.ts'
import type { IdSource } from '#kernel/ids.ts'
import { decideReplicas, type ReplicaDecision } from '#modules/market/index.ts'
import { readHourLine } from '#modules/order/index.ts'
import { listDeployments, setReplicasWanted } from '#modules/serving/index.ts'
import { type Database, type Db, inTransaction } from '#platform/db/database.ts'
import { type StepOutcome, wakeStrand } from '#platform/jobs/strand.ts'
import {
  SCALING_EVERY_MS,
  SCALING_LONG_MS,
  SCALING_SHORT_MS,
  SCALING_START_AFTER_MS,
} from '../../limits.ts'
import { type Held, saveHeld } from './held-store.ts'
import type { LoadMeter } from './load-meter.ts'
import type { Look } from './look.ts'
import { layGround, listScaled, type Measured, measure } from './measure-service.ts'
import { findLatestLooks, insertLook } from './store.ts'

export const SCALING_PROGRAM = 'scaling'

const RULE = {
  shortMs: SCALING_SHORT_MS,
  longMs: SCALING_LONG_MS,
  startAfterMs: SCALING_START_AFTER_MS,
}

export interface ScalingDeps {
  readonly database: Database
  readonly now: () => Date
  readonly ids: IdSource
  readonly meter: LoadMeter
}

/** Keeps a look, and moves what it decided; not where the deployment was changed meanwhile: the next look sees that. */
async function settle(
  tx: Db,
  { sample, deployment }: Measured,
  decision: ReplicaDecision,
): Promise<void> {
  const { deploymentId: id, from, to } = decision
  const isMoved =
    from === to || (await setReplicasWanted(tx, { id, from, to }, new Date(sample.atMs)))
  const { fullEarning, energy, idleSinceMs } = deployment
  const look: Look = { ...sample, ...decision, fullEarning, energy, idleSinceMs }
  await insertLook(tx, isMoved ? look : { ...look, to: from })
}

/** One step of the strand `scaling/<pool>`. */
export async function stepScaling(
  { database, now, meter }: ScalingDeps,
  pool: string,
): Promise<StepOutcome> {
  const at = now()
  const deployments = await listScaled(database, pool)
  if (deployments.length === 0) return { kind: 'done' }
  const latest = await findLatestLooks(
    database,
    deployments.map(({ id }) => id),
  )
  // Woken twice in one instant: there is nothing between to measure.
  if ([...latest.values()].some(({ atMs }) => atMs >= at.getTime()))
    return { kind: 'wait', untilMs: at.getTime() + 1 }
  const ground = await layGround(database, pool, at)
  const measured: Measured[] = []
  for (const deployment of deployments)
    measured.push(await measure(database, deployment, { meter, ground }))
  const byId = new Map(measured.map((each) => [each.deployment.id, each]))
  const decisions = decideReplicas({
    nowMs: at.getTime(),
    deployments: measured.map(({ deployment }) => deployment),
    line: await readHourLine(database, pool, at),
    rule: RULE,
  })
  await inTransaction(database, async (tx) => {
    for (const decision of decisions)
      await settle(tx, present(byId.get(decision.deploymentId), 'a measured one'), decision)
  })
  return { kind: 'wait', untilMs: at.getTime() + SCALING_EVERY_MS }
}

/** A gateway says how many requests it holds for a model; the first wakes whoever decides. */
export async function noteHeld(tx: Db, held: Held, now: Date): Promise<void> {
  await saveHeld(tx, held, now)
  const found = (await listDeployments(tx)).find(({ model }) => model === held.model)
  if (held.requests > 0 && found?.replicasWanted === 0 && found.pool !== null)
    await wakeStrand(tx, { program: SCALING_PROGRAM, subject: found.pool }, now)
}
