/** API keys. The secret is shown once, when it is made. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { ApiKeyId, Instant, list } from './primitives.ts'

export const ApiKey = z.object({
  id: ApiKeyId,
  name: z.string(),
  /** The first characters, to recognise it by. */
  hint: z.string(),
  role: z.enum(['operator', 'member', 'inference']),
  createdAt: Instant,
  lastUsedAt: Instant.nullable(),
  revokedAt: Instant.nullable(),
})
export type ApiKey = z.infer<typeof ApiKey>

export const listApiKeys = endpoint({
  id: 'api_key.list',
  method: 'GET',
  path: '/api-keys',
  summary: 'List the organization\u2019s API keys',
  permission: 'api_key.list',
  returns: list(ApiKey),
})

export const createApiKey = endpoint({
  id: 'api_key.create',
  method: 'POST',
  path: '/api-keys',
  summary: 'Create an API key; the answer holds the secret, once',
  permission: 'api_key.create',
  body: z.strictObject({
    name: z.string().min(1).max(120),
    role: z.enum(['member', 'inference']).default('inference'),
  }),
  returns: z.object({ apiKey: ApiKey, secret: z.string() }),
  status: 201,
})

export const revokeApiKey = endpoint({
  id: 'api_key.revoke',
  method: 'DELETE',
  path: '/api-keys/{id}',
  summary: 'Revoke an API key, at once and for good',
  permission: 'api_key.revoke',
  params: z.strictObject({ id: ApiKeyId }),
  returns: ApiKey,
  errors: ['api_key.not_found'],
})
