/** Quotas: the most GPUs that an organization may hold at once. Apart from what there is, and from what it can pay. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import {
  Done,
  Instant,
  Name,
  OrganizationId,
  ProjectId,
  QuotaId,
  QuotaRequestId,
  Tier,
  list,
} from './primitives.ts'

const GPUS_MAX = 1_000_000

const Accelerator = z.string().min(1).max(120).meta({
  description: 'Words of the name that pools give it, such as H100.',
})

/** What counts against a quota, in GPUs. */
export const QuotaUse = z.object({
  /** Of leases that have slots. */
  held: z.number().int(),
  /** Of leases that wait for room. */
  waiting: z.number().int(),
  /** Of open orders. */
  ordered: z.number().int(),
  /** Of quotes that can still be bought at. */
  quoted: z.number().int(),
  /** All of these. */
  gpus: z.number().int(),
  /** What may come on top; never below zero. */
  gpusLeft: z.number().int(),
})
export type QuotaUse = z.infer<typeof QuotaUse>

export const Quota = z.object({
  id: QuotaId,
  /** Null: of every customer that has none of its own for the same; each by itself. */
  organizationId: OrganizationId.nullable(),
  organization: z.string().nullable(),
  /** Null: of all projects together; so for what follows. */
  projectId: ProjectId.nullable(),
  pool: Name.nullable(),
  accelerator: z.string().nullable(),
  tier: Tier.nullable(),
  gpus: z.number().int(),
  /** Null for a default as such, which is of nobody. */
  use: QuotaUse.nullable(),
  setAt: Instant,
})
export type Quota = z.infer<typeof Quota>

export const listQuotas = endpoint({
  id: 'quota.list',
  method: 'GET',
  path: '/quotas',
  summary: 'List the quotas that hold for you, with their use; for the operator all that are set',
  permission: 'quota.list',
  query: z.strictObject({
    organization: OrganizationId.optional().meta({
      description: 'For the operator: the quotas that hold for this organization.',
    }),
  }),
  returns: list(Quota),
  errors: ['organization.not_found'],
})

const scope = {
  pool: Name.optional(),
  accelerator: Accelerator.optional(),
  tier: Tier.optional(),
}

function isOfOneKind({ pool, accelerator }: { pool?: unknown; accelerator?: unknown }): boolean {
  return pool === undefined || accelerator === undefined
}

const ONE_KIND = 'say a pool or an accelerator, not both'

export const setQuota = endpoint({
  id: 'quota.set',
  method: 'POST',
  path: '/quotas',
  summary: 'Set the most GPUs that an organization, or every customer by default, may hold at once',
  permission: 'quota.set',
  body: z
    .strictObject({
      organizationId: OrganizationId.optional().meta({
        description: 'Default: every customer that has none of its own for the same.',
      }),
      projectId: ProjectId.optional(),
      ...scope,
      gpus: z.number().int().min(0).max(GPUS_MAX),
    })
    .refine(isOfOneKind, ONE_KIND),
  returns: Quota,
  errors: ['organization.not_found', 'pool.not_found'],
})

export const deleteQuota = endpoint({
  id: 'quota.delete',
  method: 'DELETE',
  path: '/quotas/{id}',
  summary: 'Delete a quota: what it limited has no limit, or the default again',
  permission: 'quota.set',
  params: z.strictObject({ id: QuotaId }),
  returns: Done,
  errors: ['quota.not_found'],
})

export const QuotaRequestState = z.enum(['open', 'granted', 'declined'])
export type QuotaRequestState = z.infer<typeof QuotaRequestState>

/** A buyer asks for more. */
export const QuotaRequest = z.object({
  id: QuotaRequestId,
  organizationId: OrganizationId,
  organization: z.string(),
  /** Null: of all projects together; so for what follows. */
  projectId: ProjectId.nullable(),
  pool: Name.nullable(),
  accelerator: z.string().nullable(),
  tier: Tier.nullable(),
  /** Asked for, in all. */
  gpus: z.number().int(),
  reason: z.string(),
  state: QuotaRequestState,
  createdAt: Instant,
  decidedAt: Instant.nullable(),
  answer: z.string().nullable(),
  grantedGpus: z.number().int().nullable(),
})
export type QuotaRequest = z.infer<typeof QuotaRequest>

export const createQuotaRequest = endpoint({
  id: 'quota_request.create',
  method: 'POST',
  path: '/quota-requests',
  summary: 'Ask the operator for a higher quota',
  permission: 'quota.request',
  body: z
    .strictObject({
      projectId: ProjectId.optional().meta({
        description: 'Of this project alone. Default: of all projects together.',
      }),
      ...scope,
      gpus: z.number().int().min(1).max(GPUS_MAX),
      reason: z.string().min(1).max(1000),
    })
    .refine(isOfOneKind, ONE_KIND),
  returns: QuotaRequest,
  errors: ['pool.not_found'],
  status: 201,
})

export const listQuotaRequests = endpoint({
  id: 'quota_request.list',
  method: 'GET',
  path: '/quota-requests',
  summary: 'List what was asked for, newest first; for the operator of every organization',
  permission: 'quota.list',
  query: z.strictObject({
    state: QuotaRequestState.optional(),
    limit: z.coerce.number().int().min(1).max(1000).default(100),
  }),
  returns: list(QuotaRequest),
})

export const decideQuotaRequest = endpoint({
  id: 'quota_request.decide',
  method: 'POST',
  path: '/quota-requests/{id}/decide',
  summary:
    'Grant or decline what was asked for; granted, it is the organization\u2019s quota at once',
  permission: 'quota.set',
  params: z.strictObject({ id: QuotaRequestId }),
  body: z.strictObject({
    decision: z.enum(['grant', 'decline']),
    gpus: z.number().int().min(1).max(GPUS_MAX).optional().meta({
      description: 'What is granted. Default: what was asked for.',
    }),
    answer: z.string().max(1000).optional(),
  }),
  returns: QuotaRequest,
  errors: ['quota_request.not_found', 'quota_request.decided'],
})
