/** Outcomes over HTTP. Everybody reports on and reads of the own organization only: a seller does not judge its own work. */
import type { OutcomeCost, Outcome as OutcomeAnswer } from '@spillway/contract'
import { Fault } from '#kernel/fault.ts'
import type { IdSource } from '#kernel/ids.ts'
import { type Money, renderMoney } from '#kernel/money.ts'
import { listApiKeys } from '#modules/identity/index.ts'
import type { Db } from '#platform/db/database.ts'
import type { Routes } from '#platform/http/handler.ts'
import { TASK_SHOWN_MAX } from '../../limits.ts'
import type { Outcome } from './outcome.ts'
import type { TaskGroup } from './report-store.ts'
import { type CostOfOutcomes, costOfOutcomes, reportOutcome } from './service.ts'
import { type Attempt, listAttempts, listOutcomes, sumAttempts } from './store.ts'
import { costAtMost, costEach, costInterval, wilson } from './task-statistics.ts'

type Names = 'reportOutcome' | 'listOutcomes' | 'getOutcomeCost' | 'getTask'

async function renderOutcomes(
  db: Db,
  organizationId: string,
  outcomes: readonly Outcome[],
): Promise<OutcomeAnswer[]> {
  if (outcomes.length === 0) return []
  const names = new Map((await listApiKeys(db, organizationId)).map(({ id, name }) => [id, name]))
  return outcomes.map((each) => ({
    ...{ id: each.id, taskId: each.taskId, result: each.isSuccess ? 'success' : 'failure' },
    ...{ value: each.value, note: each.note, reporter: each.reporter },
    reporterName: names.get(each.reporter) ?? '',
    ...{ reportedAt: each.reportedAt.toISOString(), isCurrent: each.isCurrent },
  }))
}

function renderAttempt(attempt: Attempt) {
  const { id, asked, model, routeVersion, tries, tokens, amount, from, to } = attempt
  return {
    ...{ id, asked, model, routeVersion, tries, tokens: tokens.toString() },
    chargedUsd: renderMoney(amount),
    ...{ startedAt: from.toISOString(), endedAt: to.toISOString() },
  }
}

const renderKnown = (amount: Money | null) => (amount === null ? null : renderMoney(amount))

function renderGroup(group: TaskGroup): OutcomeCost {
  const { tasks, judged, successes, attempts, tries, retried, fellBack } = group
  const interval = costInterval(group)
  const isBounded = interval.kind === 'bounded'
  return {
    ...{ model: group.model ?? '', routeVersion: group.routeVersion },
    ...{ tasks, judged, successes, attempts, tries, retried, fellBack },
    costUsd: renderMoney(group.cost),
    judgedCostUsd: renderMoney(group.judgedCost),
    successRate: judged === 0 ? null : successes / judged,
    successRateInterval: wilson(successes, judged),
    costPerSuccessUsd: renderKnown(costEach(group.judgedCost, successes)),
    costPerSuccessInterval: isBounded
      ? { lowUsd: renderMoney(interval.low), highUsd: renderMoney(interval.high) }
      : null,
    noIntervalBecause: isBounded ? null : interval.kind,
    costPerSuccessAtMostUsd: renderKnown(costAtMost(group)),
    ...{ valueMean: group.valueMean, values: group.values },
    secondsToOutcome: group.secondsToOutcome,
  }
}

/** Those of which enough is known by what a success costs, then the others by what they cost. */
function ranked(groups: readonly TaskGroup[]): readonly OutcomeCost[] {
  const known = (group: TaskGroup) => costInterval(group).kind === 'bounded'
  const each = (group: TaskGroup) => costEach(group.judgedCost, group.successes) ?? 0n
  const compare = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0)
  return groups
    .toSorted((a, b) => {
      if (known(a) !== known(b)) return known(a) ? -1 : 1
      return known(a) ? compare(each(a), each(b)) : compare(b.cost, a.cost)
    })
    .map(renderGroup)
}

/** A share of two amounts, to the millionth. */
function shareOf(part: Money, whole: bigint): number | null {
  return whole === 0n ? null : Number((part * 1_000_000n) / whole) / 1_000_000
}

function renderCost({ period, groups, total, reconciliation, ...rest }: CostOfOutcomes) {
  const { charged, tasked, untasked, other, differences } = reconciliation
  return {
    ...{ from: period.from.toISOString(), to: period.to.toISOString(), isCut: period.isCut },
    ...{ currency: 'USD' as const, knownSince: rest.knownSince.toISOString() },
    ...{ rows: [...ranked(groups)], total: renderGroup(total), cutTasks: rest.cutTasks },
    coverage: {
      spendShare: shareOf(tasked, tasked + untasked),
      taskShare: total.tasks === 0 ? null : total.judged / total.tasks,
    },
    reconciliation: {
      chargedUsd: renderMoney(charged),
      tasksUsd: renderMoney(tasked),
      untaskedUsd: renderMoney(untasked),
      gpuTimeUsd: renderMoney(other),
      isHeld: differences.length === 0 && total.cost === tasked,
      differences: [...differences],
    },
  }
}

function startOfMonth(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1))
}

export function outcomeRoutes({ ids }: { readonly ids: IdSource }): Pick<Routes, Names> {
  return {
    reportOutcome: async ({ db, principal, body, now, idempotencyKey, setTarget }) => {
      const { organizationId, apiKeyId } = principal
      const report = {
        ...{ organizationId, taskId: body.taskId, reporter: apiKeyId },
        ...{ isSuccess: body.result === 'success', value: body.value ?? null },
        ...{ note: body.note ?? null, idempotencyKey: idempotencyKey ?? null },
      }
      const outcome = await reportOutcome(db, report, { now, ids })
      setTarget(outcome.id)
      const [rendered] = await renderOutcomes(db, organizationId, [outcome])
      return rendered as OutcomeAnswer
    },
    listOutcomes: async ({ db, principal, query }) => {
      const { organizationId } = principal
      const outcomes = await listOutcomes(db, { organizationId, ...query })
      const isFull = outcomes.length === query.limit
      return {
        items: await renderOutcomes(db, organizationId, outcomes),
        nextCursor: isFull ? (outcomes.at(-1)?.id ?? null) : null,
      }
    },
    getOutcomeCost: async ({ db, principal, query, now }) => {
      const from = query.from ? new Date(query.from) : startOfMonth(now)
      const to = query.to ? new Date(query.to) : now
      if (from >= to) throw new Fault('request.invalid', 'query.from: must lie before `to`.')
      const { organizationId } = principal
      const { by } = query
      const cost = await costOfOutcomes(db, { organizationId, from, to, by }, now)
      return { ...renderCost(cost), by }
    },
    getTask: async ({ db, principal, params }) => {
      const { taskId } = params
      const key = { organizationId: principal.organizationId, taskId }
      const attempts = await listAttempts(db, key, TASK_SHOWN_MAX)
      const outcomes = await listOutcomes(db, { ...key, limit: TASK_SHOWN_MAX })
      return {
        taskId,
        costUsd: renderKnown(attempts.length === 0 ? null : await sumAttempts(db, key)),
        attempts: attempts.map(renderAttempt),
        outcomes: await renderOutcomes(db, key.organizationId, outcomes),
      }
    },
  }
}
