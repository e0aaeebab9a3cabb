/**
 * Tells of models that go: when it is announced, ahead of it, and when it happened, each once, in the transaction that
 * notes it. Aliases then move to what succeeds the model; gateways follow by the clock, before and without this step.
 */
import {
  lockRetirements,
  moveAliases,
  type Retirement,
  saveTold,
  tellingOf,
} from '#modules/catalog/index.ts'
import { listOrganizations } from '#modules/identity/index.ts'
import { listBuyers } from '#modules/metering/index.ts'
import { type Database, type Db, inTransaction } from '#platform/db/database.ts'
import { emitEvents } from '#platform/events/emit.ts'
import { type StepOutcome, wakeStrand } from '#platform/jobs/strand.ts'

export const RETIREMENT_PROGRAM = 'model_retirement'

const LOOK_EVERY_MS = 3_600_000
/** Whoever used the model within so long is told. */
const USED_LATELY_MS = 90 * 86_400_000

const TYPES = {
  announced: 'model.retirement_announced',
  near: 'model.retirement_near',
  retired: 'model.retired',
} as const

export function wakeRetirements(tx: Db, now: Date): Promise<void> {
  return wakeStrand(tx, { program: RETIREMENT_PROGRAM, subject: 'all' }, now)
}

async function listTold(tx: Db, model: string, now: Date): Promise<readonly string[]> {
  const since = new Date(now.getTime() - USED_LATELY_MS)
  const operators = (await listOrganizations(tx)).filter(({ kind }) => kind === 'operator')
  return [...new Set([...operators.map(({ id }) => id), ...(await listBuyers(tx, model, since))])]
}

/** Answers when there is something to tell next. */
async function tell(tx: Db, retirement: Retirement, now: Date): Promise<Date | null> {
  const { due, told, nextAt } = tellingOf(retirement, now)
  if (due === null) return nextAt
  const { model, successor, retiresAt } = retirement
  if (due === 'retired' && successor !== null) await moveAliases(tx, { model, successor }, now)
  const data = { retiresAt: retiresAt.toISOString(), successor }
  const organizationIds = await listTold(tx, model, now)
  await emitEvents(
    tx,
    organizationIds.map((organizationId) => ({
      ...{ at: now, type: TYPES[due], organizationId, subject: model, data },
    })),
  )
  await saveTold(tx, model, told)
  return nextAt
}

export function stepRetirements({
  database,
  now,
}: {
  readonly database: Database
  readonly now: () => Date
}): Promise<StepOutcome> {
  const at = now()
  return inTransaction(database, async (tx) => {
    let untilMs = at.getTime() + LOOK_EVERY_MS
    for (const retirement of await lockRetirements(tx)) {
      const next = await tell(tx, retirement, at)
      if (next !== null) untilMs = Math.min(untilMs, next.getTime())
    }
    return { kind: 'wait', untilMs }
  })
}
