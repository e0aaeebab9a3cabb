/** Rate limits: requests and tokens a minute, and requests at once. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import {
  ApiKeyId,
  Done,
  Instant,
  OrganizationId,
  ProjectId,
  RateLimitId,
  list,
} from './primitives.ts'

const Count = z.number().int().min(0)

export const RateLimit = z.object({
  id: RateLimitId,
  /** Null: of every customer, each by itself. */
  organizationId: OrganizationId.nullable(),
  organization: z.string().nullable(),
  /** Who may change it: the operator\u2019s is a ceiling over the organization\u2019s own. */
  setBy: z.enum(['operator', 'organization']),
  /** Null: of all together; so for what follows. */
  projectId: ProjectId.nullable(),
  apiKeyId: ApiKeyId.nullable(),
  model: z.string().nullable(),
  /** Null: not limited in this; so for what follows. */
  requestsPerMinute: Count.nullable(),
  tokensPerMinute: Count.nullable(),
  concurrency: Count.nullable(),
  setAt: Instant,
})
export type RateLimit = z.infer<typeof RateLimit>

export const listRateLimits = endpoint({
  id: 'rate_limit.list',
  method: 'GET',
  path: '/rate-limits',
  summary: 'List the rate limits that hold for you; for the operator all that are set',
  permission: 'rate_limit.list',
  returns: list(RateLimit),
})

export const setRateLimit = endpoint({
  id: 'rate_limit.set',
  method: 'POST',
  path: '/rate-limits',
  summary: 'Limit requests and tokens a minute, or requests at once; one for the same is replaced',
  permission: 'rate_limit.set',
  body: z.strictObject({
    /** For the operator; default: every customer, each by itself. */
    organizationId: OrganizationId.optional(),
    projectId: ProjectId.optional(),
    apiKeyId: ApiKeyId.optional(),
    model: z.string().min(1).max(200).optional(),
    requestsPerMinute: Count.max(1_000_000_000).optional(),
    tokensPerMinute: Count.max(1_000_000_000_000).optional(),
    concurrency: Count.max(1_000_000).optional(),
  }),
  returns: RateLimit,
  errors: ['organization.not_found'],
  status: 201,
})

export const deleteRateLimit = endpoint({
  id: 'rate_limit.delete',
  method: 'DELETE',
  path: '/rate-limits/{id}',
  summary: 'Delete a rate limit: what it limited is limited by others only',
  permission: 'rate_limit.set',
  params: z.strictObject({ id: RateLimitId }),
  returns: Done,
  errors: ['rate_limit.not_found'],
})
