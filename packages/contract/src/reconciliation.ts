/** Reconciliation: the book against what each engine really has, both ways; every difference is a named case. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Lease } from './leases.ts'
import { Instant, LeaseId, Limit, Name, list } from './primitives.ts'

/** What kinds of difference there are. Each has a rule or a remedy; none is settled by taking a slot for free. */
export const CaseKind = z.enum([
  'stray_attempt',
  'ended_lease_runs',
  'old_attempt_runs',
  'attempt_lost',
  'attempt_unknown',
  'gone_not_closed',
  'placements_differ',
  'claim_without_lease',
  'lease_without_claim',
  'node_unknown',
  'node_missing',
  'slot_count_changed',
  'reading_failed',
  'foreign_conflict',
  'usage_differs',
  'engine_unreachable',
])
export type CaseKind = z.infer<typeof CaseKind>

export const ReconciliationCase = z.object({
  id: z.string(),
  pool: Name,
  kind: CaseKind,
  /** What it is about: a lease, an attempt, a node, the engine’s own run, or the pool. */
  subject: z.string(),
  /** What differs, as a sentence. */
  text: z.string(),
  /** What is done about it by rule, or what the operator can do. */
  remedy: z.string(),
  /** Whether somebody has to act; otherwise it is settled by rule. */
  needsOperator: z.boolean(),
  openedAt: Instant,
  /** When it was last found. */
  seenAt: Instant,
  closedAt: Instant.nullable(),
  data: z.record(z.string(), z.unknown()),
})
export type ReconciliationCase = z.infer<typeof ReconciliationCase>

export const ReconciliationRun = z.object({
  pool: Name,
  engine: z.string(),
  startedAt: Instant,
  durationMs: z.number(),
  outcome: z.enum(['compared', 'engine_unreachable']),
  /** Null when everything was compared. */
  text: z.string().nullable(),
  /** When it last compared everything; null: never. */
  comparedAt: Instant.nullable(),
  unreachableSince: Instant.nullable(),
  /** How much was compared: nodes, slots, leases, claims, attempts, foreign. */
  counts: z.record(z.string(), z.number().int()),
  openCases: z.number().int(),
})
export type ReconciliationRun = z.infer<typeof ReconciliationRun>

export const getReconciliation = endpoint({
  id: 'reconciliation.get',
  method: 'GET',
  path: '/reconciliation',
  summary: 'The last comparison of book and engine for each pool, with the open cases',
  permission: 'reconciliation.read',
  returns: z.object({
    pools: z.array(ReconciliationRun),
    cases: z.array(ReconciliationCase),
    counts: z.array(z.object({ kind: CaseKind, open: z.number().int(), total: z.number().int() })),
  }),
})

export const listReconciliationCases = endpoint({
  id: 'reconciliation.cases',
  method: 'GET',
  path: '/reconciliation/cases',
  summary: 'List cases, newest first, closed ones too',
  permission: 'reconciliation.read',
  query: z.strictObject({
    pool: Name.optional(),
    kind: CaseKind.optional(),
    open: z.stringbool().optional(),
    cursor: z.string().max(200).optional(),
    limit: Limit,
  }),
  returns: list(ReconciliationCase),
})

export const runReconciliation = endpoint({
  id: 'reconciliation.run',
  method: 'POST',
  path: '/reconciliation/runs',
  summary: 'Compare book and engine now; the result is read from `GET /reconciliation`',
  permission: 'reconciliation.run',
  body: z.strictObject({ pool: Name.optional() }),
  returns: z.object({ pools: z.array(Name), askedAt: Instant }),
  errors: ['pool.not_found'],
})

export const confirmLeaseGone = endpoint({
  id: 'lease.confirm_gone',
  method: 'POST',
  path: '/leases/{id}/confirm-gone',
  summary:
    'Close a lease whose record the engine lost: frees its slots on the operator\u2019s word, after the engine was asked once more',
  permission: 'lease.confirm_gone',
  params: z.strictObject({ id: LeaseId }),
  body: z.strictObject({
    reason: z.string().min(3, 'say how you know').max(300),
    isFenced: z.boolean().default(false).meta({
      description:
        'The machine is switched off or cut from its GPUs. Needed where the engine cannot tell.',
    }),
  }),
  returns: Lease,
  errors: ['lease.not_found', 'lease.already_ended', 'lease.still_present'],
})
