/** Outcomes: what became of the tasks that requests were attempts of, and what a success costs. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import {
  Amount,
  ApiKeyId,
  Currency,
  Instant,
  InstantInput,
  Limit,
  OutcomeId,
  list,
} from './primitives.ts'

/** How many characters the name of a task has at most. */
export const TASK_ID_CHARACTERS_MAX = 128

/** As a caller names it, in the header `x-spillway-task-id` or as `metadata.task_id`. */
export const TaskId = z
  .string()
  .regex(/^[!-~]{1,128}$/, `has 1 to ${TASK_ID_CHARACTERS_MAX} characters of ASCII, and no spaces`)
  .meta({ description: 'What the caller calls its task: all its attempts have it.' })

export const Outcome = z.object({
  id: OutcomeId,
  taskId: TaskId,
  result: z.enum(['success', 'failure']),
  /** In a unit of the reporter\u2019s own: a score, a worth. */
  value: z.number().nullable(),
  note: z.string().nullable(),
  /** The key that reported it. */
  reporter: ApiKeyId,
  reporterName: z.string(),
  reportedAt: Instant,
  /** False: a later report of the same task took its place. */
  isCurrent: z.boolean(),
})
export type Outcome = z.infer<typeof Outcome>

export const reportOutcome = endpoint({
  id: 'outcome.report',
  method: 'POST',
  path: '/outcomes',
  summary: 'Report what became of a task; a later report takes the place of an earlier one',
  permission: 'outcome.report',
  body: z.strictObject({
    taskId: TaskId,
    result: z.enum(['success', 'failure']),
    value: z.number().optional(),
    note: z.string().max(500).optional(),
  }),
  returns: Outcome,
  status: 201,
})

export const listOutcomes = endpoint({
  id: 'outcome.list',
  method: 'GET',
  path: '/outcomes',
  summary: 'List what was reported, newest first, with what was superseded',
  permission: 'outcome.read',
  query: z.strictObject({
    taskId: TaskId.optional(),
    cursor: OutcomeId.optional(),
    limit: Limit,
  }),
  returns: list(Outcome),
})

const Share = z.object({ low: z.number(), high: z.number() })

/** Tasks that have something in common. */
export const OutcomeCost = z.object({
  /** The model that was asked for first, or that answered last. */
  model: z.string(),
  /** Of the route that the first attempt went by; null: none, or not grouped by it. */
  routeVersion: z.number().int().nullable(),
  tasks: z.number().int(),
  /** Of which somebody reported an outcome. */
  judged: z.number().int(),
  successes: z.number().int(),
  /** Requests that were charged, and servers that were asked for them. */
  attempts: z.number().int(),
  tries: z.number().int(),
  /** Tasks of more than one attempt; tasks in which another model than the one asked for answered. */
  retried: z.number().int(),
  fellBack: z.number().int(),
  costUsd: Amount,
  /** Of those with an outcome. */
  judgedCostUsd: Amount,
  /** Of those with an outcome; null: there are none. */
  successRate: z.number().nullable(),
  /** 95 %, Wilson\u2019s. */
  successRateInterval: Share.nullable(),
  /** What tasks with an outcome cost in all, for each success; null: none succeeded. */
  costPerSuccessUsd: Amount.nullable(),
  /** 95 %, Fieller\u2019s; null: see `noIntervalBecause`. */
  costPerSuccessInterval: z.object({ lowUsd: Amount, highUsd: Amount }).nullable(),
  noIntervalBecause: z.enum(['too_few_tasks', 'no_success', 'too_few_successes']).nullable(),
  /** As if every task without an outcome had failed. */
  costPerSuccessAtMostUsd: Amount.nullable(),
  /** Mean of the values that were reported, and how many. */
  valueMean: z.number().nullable(),
  values: z.number().int(),
  /** From the first attempt to the report: as many took longer as took less. */
  secondsToOutcome: z.number().nullable(),
})
export type OutcomeCost = z.infer<typeof OutcomeCost>

export const OutcomeReport = z.object({
  from: Instant,
  to: Instant,
  currency: Currency,
  /** Attempts before are not kept; a period that began earlier begins here. */
  knownSince: Instant,
  isCut: z.boolean(),
  by: z.enum(['route', 'model']),
  rows: z.array(OutcomeCost),
  total: OutcomeCost,
  coverage: z.object({
    /** Part of what tokens cost that names a task; null: nothing was spent on tokens. */
    spendShare: z.number().nullable(),
    /** Part of the tasks that have an outcome; null: there are none. */
    taskShare: z.number().nullable(),
  }),
  /** Tasks with attempts before or after the period too: of these, what lies in it is counted. */
  cutTasks: z.number().int(),
  /** What was charged is what tasks cost, tokens without a task, and GPU time. */
  reconciliation: z.object({
    chargedUsd: Amount,
    tasksUsd: Amount,
    untaskedUsd: Amount,
    gpuTimeUsd: Amount,
    isHeld: z.boolean(),
    differences: z.array(z.string()),
  }),
})
export type OutcomeReport = z.infer<typeof OutcomeReport>

export const getOutcomeCost = endpoint({
  id: 'outcome.cost',
  method: 'GET',
  path: '/outcomes/cost',
  summary: 'What a success costs, by route or model, with coverage and intervals',
  permission: 'outcome.read',
  query: z.strictObject({
    from: InstantInput.optional(),
    to: InstantInput.optional(),
    /** The first route that was tried, or the model that answered last. */
    by: z.enum(['route', 'model']).default('route'),
  }),
  returns: OutcomeReport,
})

export const TaskAttempt = z.object({
  /** Of the usage event. */
  id: z.uuid(),
  startedAt: Instant,
  endedAt: Instant,
  asked: z.string(),
  model: z.string(),
  routeVersion: z.number().int().nullable(),
  tries: z.number().int(),
  tokens: z.string(),
  chargedUsd: Amount,
})
export type TaskAttempt = z.infer<typeof TaskAttempt>

export const Task = z.object({
  taskId: TaskId,
  /** Null: no attempt of it is known, which is not the same as no cost. */
  costUsd: Amount.nullable(),
  attempts: z.array(TaskAttempt),
  /** Newest first. */
  outcomes: z.array(Outcome),
})
export type Task = z.infer<typeof Task>

export const getTask = endpoint({
  id: 'outcome.task',
  method: 'GET',
  path: '/outcomes/tasks/{taskId}',
  summary:
    'What one task cost, attempt by attempt, and what was reported of it; empty where nothing is known',
  permission: 'outcome.read',
  params: z.strictObject({ taskId: TaskId }),
  returns: Task,
})
