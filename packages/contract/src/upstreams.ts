/** Upstreams: servers of somebody else that answer for a model, beside replicas of ours or alone. The operator's only. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Amount, Done, Instant, Name, UpstreamId, list } from './primitives.ts'

/** What a server speaks. */
export const UpstreamProvider = z.enum(['openai', 'anthropic', 'azure', 'gemini', 'bedrock'])
export type UpstreamProvider = z.infer<typeof UpstreamProvider>

/** What becomes of the prompts that a server sees, as its operator promises. */
export const UpstreamDataPolicy = z.enum(['unknown', 'not_kept', 'kept', 'trained_on'])
export type UpstreamDataPolicy = z.infer<typeof UpstreamDataPolicy>

export const Upstream = z.object({
  id: UpstreamId,
  model: Name,
  provider: UpstreamProvider,
  url: z.string(),
  upstreamModel: z.string(),
  /** The credential itself is never shown. */
  hasCredential: z.boolean(),
  region: Name.nullable(),
  dataPolicy: UpstreamDataPolicy,
  /** Its name may lead into a private network, or to this machine. */
  allowsPrivateNetwork: z.boolean(),
  /** What it takes for a million tokens; null where that is not known. */
  inputCostUsd: Amount.nullable(),
  outputCostUsd: Amount.nullable(),
  createdAt: Instant,
})
export type Upstream = z.infer<typeof Upstream>

const PRIVATE_WORDS =
  'It may be in a private network, or on this machine, and is then also asked without TLS.'

const perMillion = z.string().regex(/^\d{1,8}(\.\d{1,6})?$/, 'write USD as a plain decimal')

/** A key of AWS's: its id, its secret, and a session's token where it was lent. */
const AWS_KEY =
  /^((?:AKIA|ASIA)[A-Z0-9]{12,28}):([A-Za-z0-9/+=]{30,128})(?::([A-Za-z0-9/+=]{16,4000}))?$/

const credential = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^[\x21-\x7e]+$/, 'a credential has no spaces or line breaks')
  .refine(
    (text) => !/^(AKIA|ASIA)[A-Z0-9]{12}/.test(text) || AWS_KEY.test(text),
    'a key of AWS is written ID:SECRET, or ID:SECRET:TOKEN for a session',
  )

export const listUpstreams = endpoint({
  id: 'upstream.list',
  method: 'GET',
  path: '/upstreams',
  summary: 'Servers of somebody else that answer for models',
  permission: 'upstream.list',
  returns: list(Upstream),
})

export const createUpstream = endpoint({
  id: 'upstream.create',
  method: 'POST',
  path: '/upstreams',
  summary: 'Let a server of somebody else answer for a model',
  permission: 'upstream.create',
  body: z.strictObject({
    model: Name.meta({ description: 'The name buyers use.' }),
    provider: UpstreamProvider.default('openai'),
    url: z
      .url({ protocol: /^https?$/ })
      .max(500)
      .meta({ description: 'Base address, such as https://api.example.com/v1.' }),
    upstreamModel: z
      .string()
      .min(1)
      .max(200)
      .meta({ description: 'The name the server itself uses.' }),
    credential: credential.optional().meta({
      description: 'What proves to the server who asks. Kept sealed, never shown again.',
    }),
    region: Name.optional(),
    dataPolicy: UpstreamDataPolicy.default('unknown'),
    allowsPrivateNetwork: z.boolean().default(false).meta({ description: PRIVATE_WORDS }),
    inputCostUsd: perMillion.optional(),
    outputCostUsd: perMillion.optional(),
    /** Puts the model into the catalog; without it, the model has to be there. */
    sell: z
      .strictObject({
        contextTokens: z.number().int().min(128).max(10_000_000),
        isEmbedding: z
          .boolean()
          .optional()
          .meta({ description: 'It makes embeddings, and answers nothing else.' }),
        inputUsd: perMillion,
        outputUsd: perMillion,
        cachedInputUsd: perMillion.optional(),
        cacheWriteUsd: perMillion.optional(),
        reasoningUsd: perMillion.optional(),
        cachedResponseUsd: perMillion.optional().meta({
          description:
            'Of each token of an answer given from a project\u2019s cache. Default: a tenth of input; nothing only where you say 0.',
        }),
      })
      .optional()
      .meta({ description: 'Prices are for a million tokens.' }),
  }),
  returns: Upstream,
  errors: [
    'model.not_found',
    'upstream.model_exists',
    'upstream.exists',
    'upstream.address_refused',
  ],
  status: 201,
})

export const updateUpstream = endpoint({
  id: 'upstream.update',
  method: 'PATCH',
  path: '/upstreams/{id}',
  summary: 'Give an upstream another credential, region, data policy or reach',
  permission: 'upstream.update',
  params: z.strictObject({ id: UpstreamId }),
  body: z.strictObject({
    credential: credential.nullable().optional().meta({ description: 'Null: none any more.' }),
    region: Name.nullable().optional(),
    dataPolicy: UpstreamDataPolicy.optional(),
    allowsPrivateNetwork: z.boolean().optional().meta({ description: PRIVATE_WORDS }),
  }),
  returns: Upstream,
  errors: ['upstream.not_found', 'upstream.address_refused'],
})

export const deleteUpstream = endpoint({
  id: 'upstream.delete',
  method: 'DELETE',
  path: '/upstreams/{id}',
  summary: 'Ask a server of somebody else no more',
  permission: 'upstream.delete',
  params: z.strictObject({ id: UpstreamId }),
  returns: Done,
  errors: ['upstream.not_found'],
})
