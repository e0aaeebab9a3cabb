/** Removes what nobody will ask for again: old events, answers to mutations that are not repeated any more. */
import type { Logger } from 'pino'
import { removeOldFiles, removeOldLines } from '#modules/batch/index.ts'
import { deleteOldMeasures } from '#modules/card/index.ts'
import { deleteOldContent, deleteOldKeyedCalls } from '#modules/content/index.ts'
import { discardOldFiles } from '#modules/lease/index.ts'
import { deleteOldDemand } from '#modules/market/index.ts'
import { deleteOldDetails } from '#modules/metering/index.ts'
import { deleteOldDeliveries } from '#modules/notice/index.ts'
import { deleteOldTasks } from '#modules/outcome/index.ts'
import { deleteOldRequests } from '#modules/request/index.ts'
import { deleteOldHeld, deleteOldLooks } from '#modules/scaling/index.ts'
import { deleteOldSimulations } from '#modules/simulation/index.ts'
import type { Database } from '#platform/db/database.ts'
import type { Engines } from '#platform/engines/engine.ts'
import { deleteOldEvents } from '#platform/events/read.ts'
import { deleteOldAnswers } from '#platform/http/idempotency.ts'
import type { StepOutcome } from '#platform/jobs/strand.ts'
import {
  BATCH_LINES_KEPT_MS,
  DEMAND_KEPT_MS,
  EVENT_KEPT_MS,
  HOUSEKEEPING_EVERY_MS,
  REQUEST_KEPT_MS,
  SCALING_KEPT_MS,
  USAGE_DETAIL_KEPT_MS,
  SIMULATION_KEPT_MS,
  IDEMPOTENT_ANSWER_KEPT_MS,
  TASK_KEPT_MS,
  MODEL_MEASURE_KEPT_MS,
  WEBHOOK_DELIVERY_KEPT_MS,
} from '../limits.ts'

export const HOUSEKEEPING_PROGRAM = 'housekeeping'

interface HouseDeps {
  readonly database: Database
  readonly engines: Engines
  readonly log: Logger
}

export async function keepHouse(
  { database, engines, log }: HouseDeps,
  now: Date,
): Promise<StepOutcome> {
  const before = (keptMs: number) => new Date(now.getTime() - keptMs)
  await deleteOldEvents(database, before(EVENT_KEPT_MS))
  await deleteOldAnswers(database, before(IDEMPOTENT_ANSWER_KEPT_MS))
  await deleteOldKeyedCalls(database, now)
  await deleteOldContent(database, now)
  await deleteOldDeliveries(database, before(WEBHOOK_DELIVERY_KEPT_MS))
  await deleteOldDemand(database, before(DEMAND_KEPT_MS))
  await deleteOldLooks(database, before(SCALING_KEPT_MS))
  await deleteOldHeld(database, before(HOUSEKEEPING_EVERY_MS))
  await deleteOldDetails(database, before(USAGE_DETAIL_KEPT_MS))
  await deleteOldTasks(database, before(TASK_KEPT_MS))
  await deleteOldMeasures(database, before(MODEL_MEASURE_KEPT_MS))
  await deleteOldRequests(database, before(REQUEST_KEPT_MS))
  await deleteOldSimulations(database, before(SIMULATION_KEPT_MS))
  await removeOldFiles(database, now)
  await removeOldLines(database, before(BATCH_LINES_KEPT_MS))
  for (const error of await discardOldFiles(database, engines, now))
    log.warn({ err: error }, 'cannot remove old files of leases now; trying again later')
  return { kind: 'wait', untilMs: now.getTime() + HOUSEKEEPING_EVERY_MS }
}
