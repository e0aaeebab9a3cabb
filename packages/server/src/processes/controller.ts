/**
 * The controller: the one process that acts. It runs the strands, ships the gateways' journals, and listens to the
 * database and to the engine. It starts when this process becomes the controller and stops when it is not any more.
 */
import { randomInt } from 'node:crypto'
import type { Logger } from 'pino'
import { leaseOfAttempt } from '#kernel/attempt.ts'
import type { IdSource } from '#kernel/ids.ts'
import { BATCH_PROGRAM, stepBatch } from '#modules/batch/index.ts'
import { stepBlock } from '#modules/block/index.ts'
import { RETIREMENT_PROGRAM, stepRetirements } from '#modules/card/index.ts'
import {
  Beat,
  BLOCK_PROGRAM,
  createHealthKeeper,
  HEALTH_PROGRAM,
  LEASE_PROGRAM,
  type LeaseStepDeps,
  listEndedPromises,
  listRunningAnchors,
  MARKET_PROGRAM,
  MeterRounds,
  resumeLeases,
  runCycle,
  stepLease,
  wakeLease,
} from '#modules/lease/index.ts'
import { createForecasting, FORECAST_PROGRAM } from '#modules/market/index.ts'
import { startCourier } from '#modules/notice/index.ts'
import {
  CLEARING_PROGRAM,
  headWaitsMs,
  stepClearing,
  stepTransfer,
  TRANSFER_PROGRAM,
} from '#modules/order/index.ts'
import { LoadMeter, SCALING_PROGRAM, stepScaling } from '#modules/scaling/index.ts'
import { DEPLOYMENT_PROGRAM, type ServingDeps, stepDeployment } from '#modules/serving/index.ts'
import { createSimulations, SIMULATION_PROGRAM } from '#modules/simulation/index.ts'
import {
  CHECK_PROGRAM,
  createFollowing,
  createReconciliation,
  type DeclaredPools,
  FOLLOW_PROGRAM,
  RECONCILIATION_PROGRAM,
  stepCheck,
  wakeCheck,
  wakeFollow,
  wakeReconciliation,
} from '#modules/upkeep/index.ts'
import type { Database } from '#platform/db/database.ts'
import type { Engines } from '#platform/engines/engine.ts'
import {
  runStrands,
  type StepOutcome,
  type StrandRunner,
  wakeStrand,
} from '#platform/jobs/strand.ts'
import { HOUSEKEEPING_PROGRAM, keepHouse } from './housekeeping.ts'
import { startPlanRun } from './simulation-run.ts'

export interface ControllerDeps {
  readonly database: Database
  readonly engines: Engines
  readonly now: () => Date
  readonly instantOf: LeaseStepDeps['instantOf']
  readonly ids: IdSource
  readonly pepper: string
  readonly serving: Omit<ServingDeps, 'onLoad'>
  /** Webhooks of customers may have private addresses. */
  readonly isPrivateAllowed: boolean
  /** What the owner's teams owe its books is posted. */
  readonly isTransferPosted: boolean
  /** The pools of the fleet file. */
  readonly declared: DeclaredPools
  /** Going down in order: deployments are left as they are. */
  readonly isStopping: () => boolean
  readonly log: Logger
  /** Told once at the start what was adopted. */
  readonly onResumed: (leases: number) => void
}

export interface Controller {
  /** Something was written that a strand may wait for. */
  readonly poke: () => void
  /** An event was written. */
  readonly ring: () => void
  readonly stop: () => Promise<void>
}

const STEPS_AT_ONCE = 16
/** Programs with one strand for all of the installation. */
const WOKEN_AT_START = [
  ...[HOUSEKEEPING_PROGRAM, HEALTH_PROGRAM, FORECAST_PROGRAM, TRANSFER_PROGRAM],
  RETIREMENT_PROGRAM,
]
/** What forecasts hear of from elsewhere: what became of promises, who waits for one, and what of the owner's runs. */
const HEARD = {
  measures: { listPromises: listEndedPromises, headWaitsMs },
  listRunning: listRunningAnchors,
}
/** How finely the pauses between tries are spread. */
const JITTER_STEPS = 1_000_000

/** Wakes a lease or a pool when its engine sees a change. Without a database the next look in time does it later. */
function watchEngines({ engines, database, now, log }: ControllerDeps): () => void {
  const attemptChanged = (attempt: string) => {
    wakeLease(database, leaseOfAttempt(attempt), now()).catch((cause: unknown) => {
      log.warn({ err: cause, attempt }, 'cannot wake a lease; its next look will see the change')
    })
  }
  const fleetChanged = (pool: string) => {
    const waking = Promise.all([
      wakeFollow(database, pool, now()),
      wakeReconciliation(database, pool, now()),
    ])
    waking.catch((cause: unknown) => {
      log.warn({ err: cause, pool }, 'cannot wake a pool; its next look will see the change')
    })
  }
  const ends = engines
    .all()
    .map(({ pool, engine }) =>
      engine.watch({ attemptChanged, fleetChanged: () => fleetChanged(pool) }),
    )
  return () => ends.forEach((end) => end())
}

async function stepDeploymentUnlessStopping(
  deps: ControllerDeps & { readonly meter: LoadMeter },
  id: string,
): Promise<StepOutcome> {
  const { serving, meter } = deps
  if (!deps.isStopping())
    return stepDeployment({ ...serving, onLoad: (reading) => meter.note(reading) }, id)
  return { kind: 'wait', untilMs: deps.now().getTime() + 1000 }
}

async function wakePool({ database, now }: ControllerDeps, pool: string): Promise<void> {
  await Promise.all([
    wakeFollow(database, pool, now()),
    wakeReconciliation(database, pool, now()),
    wakeCheck(database, pool, now()),
    wakeStrand(database, { program: SCALING_PROGRAM, subject: pool }, now()),
  ])
}

/**
 * Takes up what was under way. Each pool is compared with its engine by a strand of its own, so that none waits for
 * another's engine. Throws when the database is away; the caller tries again.
 */
export async function startController(deps: ControllerDeps): Promise<Controller> {
  const leaseSteps: LeaseStepDeps = {
    ...deps,
    beat: new Beat(),
    rounds: new MeterRounds(),
    onTrouble: (leaseId, error) =>
      deps.log.error({ err: error, leaseId }, 'something about this lease needs a look'),
  }
  deps.onResumed(await resumeLeases(deps.database, deps.now()))
  for (const { pool } of deps.engines.all()) await wakePool(deps, pool)
  for (const program of WOKEN_AT_START)
    await wakeStrand(deps.database, { program, subject: 'all' }, deps.now())
  const reconciliation = createReconciliation({
    ...deps,
    onTrouble: (pool, error) =>
      deps.log.warn({ err: error, pool }, 'something about this pool needs a look'),
  })
  const meter = new LoadMeter()
  const simulations = createSimulations({ ...deps, startRun: startPlanRun })
  const runner: StrandRunner = runStrands({
    database: deps.database,
    now: deps.now,
    log: deps.log,
    concurrencyMax: STEPS_AT_ONCE,
    urgent: [MARKET_PROGRAM],
    programs: {
      [LEASE_PROGRAM]: (id) => stepLease(leaseSteps, id),
      [MARKET_PROGRAM]: () => runCycle(leaseSteps),
      [HEALTH_PROGRAM]: createHealthKeeper(deps),
      [FORECAST_PROGRAM]: createForecasting({ ...deps, ...HEARD }),
      [TRANSFER_PROGRAM]: () => stepTransfer(deps),
      [HOUSEKEEPING_PROGRAM]: () => keepHouse(deps, deps.now()),
      [BLOCK_PROGRAM]: (id) => stepBlock(deps, id),
      [CLEARING_PROGRAM]: (pool) => stepClearing(deps, pool),
      [CHECK_PROGRAM]: (pool) => stepCheck(deps, pool),
      [FOLLOW_PROGRAM]: createFollowing(deps),
      [RECONCILIATION_PROGRAM]: reconciliation,
      [SIMULATION_PROGRAM]: simulations.step,
      [BATCH_PROGRAM]: (id) => stepBatch(deps, id),
      [RETIREMENT_PROGRAM]: () => stepRetirements(deps),
      [DEPLOYMENT_PROGRAM]: (id) => stepDeploymentUnlessStopping({ ...deps, meter }, id),
      [SCALING_PROGRAM]: (pool) => stepScaling({ ...deps, meter }, pool),
    },
  })
  const courier = startCourier({ ...deps, random: () => randomInt(JITTER_STEPS) / JITTER_STEPS })
  const endWatch = watchEngines(deps)
  return {
    poke: () => {
      runner.poke()
      courier.poke()
    },
    ring: courier.ring,
    stop: async () => {
      endWatch()
      await courier.stop()
      await runner.stop()
      await simulations.stop()
    },
  }
}
