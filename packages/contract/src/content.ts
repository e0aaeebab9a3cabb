/** Content: what a project lets be kept of its prompts and answers, and its cache. Without a word nothing is kept. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { ApiKeyId, Done, Instant, Limit, OrganizationId, ProjectId, list } from './primitives.ts'

/** `asked`: only requests that say so by a header; `on`: all whose answer would be the same again. */
export const CacheMode = z.enum(['off', 'asked', 'on'])
export type CacheMode = z.infer<typeof CacheMode>

const TtlSeconds = z.number().int().min(1).max(2_592_000).meta({
  description: 'How long an answer is given again; thirty days at most.',
})

export const ContentPolicy = z.object({
  projectId: ProjectId,
  organizationId: OrganizationId,
  cache: CacheMode,
  cacheTtlSeconds: TtlSeconds,
  /** Whether a request may ask for the cache though another try would be answered otherwise. */
  isSampledCached: z.boolean(),
  /** For how many days prompts and answers are stored; null: not at all. */
  storedDays: z.number().int().nullable(),
  /** The key of the principal who set it; null: nobody has, and nothing is kept. */
  setBy: ApiKeyId.or(z.string()).nullable(),
  setAt: Instant.nullable(),
})
export type ContentPolicy = z.infer<typeof ContentPolicy>

const OfProject = z.strictObject({
  projectId: ProjectId.optional().meta({ description: 'Default: the caller\u2019s own.' }),
})

export const listContentPolicies = endpoint({
  id: 'content_policy.list',
  method: 'GET',
  path: '/content-policies',
  summary: 'What the projects of your organization let be kept of prompts and answers',
  permission: 'content_policy.list',
  returns: list(ContentPolicy),
})

export const setContentPolicy = endpoint({
  id: 'content_policy.set',
  method: 'POST',
  path: '/content-policies',
  summary:
    'Set what a project lets be kept of prompts and answers; what is left out stays as it is',
  permission: 'content_policy.set',
  body: z.strictObject({
    ...OfProject.shape,
    cache: CacheMode.optional(),
    cacheTtlSeconds: TtlSeconds.optional(),
    isSampledCached: z.boolean().optional(),
    storedDays: z.number().int().min(1).max(365).nullable().optional().meta({
      description: 'Null: nothing is stored, and what was stored is deleted.',
    }),
  }),
  returns: ContentPolicy,
  errors: ['project.not_found'],
})

export const CacheState = z.object({
  projectId: ProjectId,
  mode: CacheMode,
  answers: z.number().int(),
  bytes: z.number().int(),
  /** Of the last thirty days; so for what follows. */
  hits: z.number().int(),
  misses: z.number().int(),
  /** Null where nothing was looked for. */
  hitPercent: z.number().nullable(),
  days: z.array(
    z.object({
      day: z.iso.date(),
      hits: z.number().int(),
      misses: z.number().int(),
      /** Tokens of answers that were given again. */
      hitTokens: z.number().int(),
    }),
  ),
})
export type CacheState = z.infer<typeof CacheState>

export const getCache = endpoint({
  id: 'cache.read',
  method: 'GET',
  path: '/cache',
  summary: 'How large a project\u2019s cache is, and how often it had the answer',
  permission: 'cache.read',
  query: OfProject,
  returns: CacheState,
  errors: ['project.not_found'],
})

export const purgeCache = endpoint({
  id: 'cache.purge',
  method: 'POST',
  path: '/cache/purge',
  summary: 'Delete every answer of a project\u2019s cache; none of them is given again',
  permission: 'cache.purge',
  body: OfProject,
  returns: z.object({ deleted: z.number().int() }),
  errors: ['project.not_found'],
})

const RequestId = z
  .string()
  .min(1)
  .max(100)
  .meta({ description: 'As the header x-request-id of the answer says it.' })

export const StoredContent = z.object({
  requestId: RequestId,
  projectId: ProjectId,
  /** Of the principal who asked. */
  apiKeyId: z.string(),
  model: z.string(),
  dialect: z.string(),
  bytes: z.number().int(),
  at: Instant,
  /** When it is deleted. */
  expiresAt: Instant,
})
export type StoredContent = z.infer<typeof StoredContent>

export const StoredText = z.object({
  ...StoredContent.shape,
  /** As it was sent on: what guardrails took out of it is not in it. */
  request: z.record(z.string(), z.unknown()),
  answer: z.record(z.string(), z.unknown()),
})
export type StoredText = z.infer<typeof StoredText>

export const listStoredContents = endpoint({
  id: 'stored_content.list',
  method: 'GET',
  path: '/stored-contents',
  summary: 'Of which requests a project has prompts and answers stored, newest first',
  permission: 'stored_content.list',
  query: z.strictObject({
    ...OfProject.shape,
    cursor: z.string().max(100).optional(),
    limit: Limit,
  }),
  returns: list(StoredContent),
  errors: ['project.not_found'],
})

export const getStoredContent = endpoint({
  id: 'stored_content.read',
  method: 'GET',
  path: '/stored-contents/{id}',
  summary: 'Read the stored prompt and answer of a request; that you did is recorded',
  permission: 'stored_content.read',
  audit: 'sensitive_read',
  params: z.strictObject({ id: RequestId }),
  returns: StoredText,
  errors: ['stored_content.not_found'],
})

export const deleteStoredContent = endpoint({
  id: 'stored_content.delete',
  method: 'DELETE',
  path: '/stored-contents/{id}',
  summary: 'Delete the stored prompt and answer of a request',
  permission: 'stored_content.delete',
  params: z.strictObject({ id: RequestId }),
  returns: Done,
  errors: ['stored_content.not_found'],
})
