/** The model catalog and the deployments behind it. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { DeploymentId, Done, Instant, LeaseId, Name, Price, list } from './primitives.ts'

export const Model = z.object({
  /** The name that the `model` field of a request carries. */
  id: Name,
  displayName: z.string(),
  description: z.string(),
  publisher: z.string(),
  licence: z.string(),
  /** A toy is for trying the machinery; its words mean nothing. */
  isToy: z.boolean(),
  /** It makes embeddings, and answers nothing else. */
  isEmbedding: z.boolean(),
  contextTokens: z.number().int(),
  price: z.object({ input: Price, output: Price }),
  /** `ready` when at least one replica serves it; `asleep` when it has none until somebody asks for it. */
  state: z.enum(['ready', 'starting', 'asleep', 'unavailable']),
  stateText: z.string(),
  replicasReady: z.number().int(),
  /** How long a replica took to start lately, once it had room; null where that was never measured. */
  coldStartMs: z.number().int().nullable(),
  source: z.enum(['replica', 'upstream']),
})
export type Model = z.infer<typeof Model>

export const Replica = z.object({
  leaseId: LeaseId.nullable(),
  url: z.string().nullable(),
  /** `draining`: it answers what is under way, gets nothing new, and goes. */
  state: z.enum(['starting', 'ready', 'draining', 'backing_off', 'stopped']),
  /** What happens or went wrong, as a sentence. */
  text: z.string(),
  crashes: z.number().int(),
  retryAt: Instant.nullable(),
})
export type Replica = z.infer<typeof Replica>

/** `fixed`: so many replicas, whatever they are worth. `autoscale`: as many as are worth their room, within bounds. */
export const ScalingPolicy = z.enum(['fixed', 'autoscale'])

export const Deployment = z.object({
  id: DeploymentId,
  model: Name,
  source: z.enum(['replica', 'upstream']),
  pool: Name.nullable(),
  policy: ScalingPolicy,
  replicasMin: z.number().int(),
  replicasMax: z.number().int(),
  /** With a minimum of zero: nobody having asked for so long, none is kept. */
  idleMs: z.number().int(),
  /** A replica goes once it was worth less for so long; nor does the direction change sooner. */
  steadyMs: z.number().int(),
  /** A bid counts as above or below a price when it is by so much of it. */
  bandPercent: z.number(),
  replicasWanted: z.number().int(),
  /** How long a replica took to start lately, once it had room; null where that was never measured. */
  coldStartMs: z.number().int().nullable(),
  upstreamUrl: z.string().nullable(),
  weights: z.string().nullable(),
  /** What runs as its replicas, where that is a server of somebody else's making. */
  server: z
    .object({
      engine: z.enum(['vllm', 'sglang']),
      /** Of each replica. */
      gpus: z.number().int(),
      requestsAtOnce: z.number().int(),
    })
    .nullable(),
  replicas: z.array(Replica),
})
export type Deployment = z.infer<typeof Deployment>

/** A server on this machine that speaks the OpenAI dialect and is not yet added. */
export const Discovery = z.object({
  url: z.string(),
  product: z.string(),
  models: z.array(z.string()),
})
export type Discovery = z.infer<typeof Discovery>

export const listModels = endpoint({
  id: 'model.list',
  method: 'GET',
  path: '/models',
  summary: 'The model catalog with prices and state',
  permission: 'model.list',
  returns: list(Model),
})

export const getModel = endpoint({
  id: 'model.get',
  method: 'GET',
  path: '/models/{id}',
  summary: 'One card of the catalog',
  permission: 'model.list',
  params: z.strictObject({ id: Name }),
  returns: Model,
  errors: ['model.not_found'],
})

export const listDeployments = endpoint({
  id: 'deployment.list',
  method: 'GET',
  path: '/deployments',
  summary: 'Deployments and their replicas',
  permission: 'deployment.list',
  returns: list(Deployment),
})

export const listDiscoveries = endpoint({
  id: 'deployment.discover',
  method: 'GET',
  path: '/discoveries',
  summary: 'OpenAI-compatible servers found on this machine that could be added',
  permission: 'deployment.list',
  returns: list(Discovery),
})

export const createDeployment = endpoint({
  id: 'deployment.create',
  method: 'POST',
  path: '/deployments',
  summary: 'Add a model that an OpenAI-compatible server serves',
  permission: 'deployment.create',
  body: z.strictObject({
    model: Name.meta({ description: 'The name buyers use.' }),
    upstreamUrl: z
      .url({ protocol: /^https?$/ })
      .meta({ description: 'Base address, such as http://127.0.0.1:11434/v1.' }),
    upstreamModel: z
      .string()
      .min(1)
      .max(200)
      .meta({ description: 'The name the server itself uses.' }),
    allowsPrivateNetwork: z.boolean().default(false).meta({
      description:
        'It may be in a private network, or on this machine, and is then also asked without TLS.',
    }),
    contextTokens: z.number().int().min(128).max(10_000_000).default(8192),
    inputUsdPerMillionTokens: z
      .string()
      .regex(/^\d{1,8}(\.\d{1,6})?$/)
      .default('0.10'),
    outputUsdPerMillionTokens: z
      .string()
      .regex(/^\d{1,8}(\.\d{1,6})?$/)
      .default('0.40'),
  }),
  returns: Deployment,
  errors: ['deployment.name_taken', 'deployment.upstream_unreachable', 'upstream.address_refused'],
  status: 201,
})

export const scaleDeployment = endpoint({
  id: 'deployment.scale',
  method: 'PATCH',
  path: '/deployments/{id}',
  summary: 'Change how many replicas a deployment may have, and when that changes',
  permission: 'deployment.scale',
  params: z.strictObject({ id: DeploymentId }),
  body: z.strictObject({
    policy: ScalingPolicy.optional(),
    replicasMin: z.number().int().min(0).max(64).optional(),
    replicasMax: z.number().int().min(0).max(64).optional().meta({
      description: 'With the policy `fixed`, the number of replicas: both bounds are the same.',
    }),
    idleMs: z.number().int().min(1000).max(604_800_000).optional(),
    steadyMs: z.number().int().min(1000).max(86_400_000).optional(),
    bandPercent: z.number().min(0).max(90).optional(),
  }),
  returns: Deployment,
  errors: ['deployment.not_found', 'deployment.bounds_wrong'],
})

export const deleteDeployment = endpoint({
  id: 'deployment.delete',
  method: 'DELETE',
  path: '/deployments/{id}',
  summary: 'Remove an upstream deployment from the catalog',
  permission: 'deployment.delete',
  params: z.strictObject({ id: DeploymentId }),
  returns: Done,
  errors: ['deployment.not_found'],
})
