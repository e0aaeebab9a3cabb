/** API keys. The secret is shown once, when it is made. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { KEY_SCOPES } from './permissions.ts'
import { ApiKeyId, Instant, InstantInput, list } from './primitives.ts'

const Scope = z.enum(KEY_SCOPES)

export const ApiKey = z.object({
  id: ApiKeyId,
  name: z.string(),
  /** The first characters, to recognise it by. */
  hint: z.string(),
  role: z.enum(['operator', 'member', 'inference']),
  createdAt: Instant,
  lastUsedAt: Instant.nullable(),
  revokedAt: Instant.nullable(),
  /** What of its role it may use; null: all. */
  scopes: z.array(Scope).nullable(),
  /** The only models that it may ask; null: all. */
  models: z.array(z.string()).nullable(),
  /** The only networks that it may come from, in CIDR form; null: any. */
  networks: z.array(z.string()).nullable(),
  /** From then on it is refused; null: never. */
  expiresAt: Instant.nullable(),
  /** The key that was made to take its place. */
  replacedBy: ApiKeyId.nullable(),
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
    scopes: z.array(Scope).min(1).max(4).optional(),
    models: z.array(z.string().min(1).max(200)).min(1).max(100).optional(),
    networks: z
      .array(
        z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], {
          error: 'must be an address or a network, such as 10.0.0.0/8 or 2001:db8::/32',
        }),
      )
      .min(1)
      .max(100)
      .optional(),
    expiresAt: InstantInput.optional(),
  }),
  returns: z.object({ apiKey: ApiKey, secret: z.string() }),
  status: 201,
})

const GRACE_S_MAX = 30 * 86_400

export const rotateApiKey = endpoint({
  id: 'api_key.rotate',
  method: 'POST',
  path: '/api-keys/{id}/rotate',
  summary:
    'Make a key with the same bounds that takes the place of another, which is refused after a grace',
  permission: 'api_key.create',
  params: z.strictObject({ id: ApiKeyId }),
  body: z.strictObject({
    /** For how long the old key still works. */
    graceS: z.number().int().min(0).max(GRACE_S_MAX).default(86_400),
  }),
  returns: z.object({ apiKey: ApiKey, secret: z.string(), replaced: ApiKey }),
  errors: ['api_key.not_found', 'api_key.over'],
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
