/** Routes: who answers for a model, in which order and under which conditions; and what a project allows at most. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import {
  Amount,
  Done,
  Instant,
  Name,
  OrganizationId,
  ProjectId,
  UpstreamId,
  list,
} from './primitives.ts'

const usdPerMillion = z
  .string()
  .regex(/^\d{1,8}(\.\d{1,6})?$/, 'write USD for a million tokens as a plain decimal')

const ProviderName = z.string().min(1).max(253).meta({
  description:
    'Whose servers: `own` for replicas, the host of an upstream on the public internet or the end of it, `private` for other upstreams, or the id of one upstream.',
})

/** What a server has to be. Where several of these hold, all of them hold; what is not known satisfies none. */
export const RouteConstraints = z.strictObject({
  regions: z.array(Name).min(1).max(64).optional().meta({
    description: 'Where it may run. A server whose region is not known is never asked then.',
  }),
  providersOnly: z.array(ProviderName).min(1).max(64).optional(),
  providersIgnored: z.array(ProviderName).min(1).max(64).optional(),
  dataPolicy: z.enum(['not_kept', 'kept']).optional().meta({
    description: 'What may become of prompts at most: not kept, or kept but not trained on.',
  }),
  maxPrice: z
    .strictObject({ inputUsd: usdPerMillion.optional(), outputUsd: usdPerMillion.optional() })
    .optional()
    .meta({ description: 'What a million tokens may cost the buyer at most.' }),
})
export type RouteConstraints = z.infer<typeof RouteConstraints>

const weight = z.number().int().min(1).max(1000).default(1)

export const RouteTarget = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('replicas'),
    pool: Name.optional().meta({ description: 'Default: of whichever pool.' }),
    weight,
  }),
  z.strictObject({ kind: z.literal('upstream'), upstream: UpstreamId, weight }),
  z.strictObject({ kind: z.literal('upstreams'), weight }),
  z.strictObject({
    kind: z.literal('model'),
    model: Name.meta({
      description: 'Every server of another model, at the price of that model.',
    }),
    weight,
  }),
])
export type RouteTarget = z.infer<typeof RouteTarget>

const Tag = z.string().regex(/^[A-Za-z0-9._:/-]{1,80}$/, 'use letters, digits and . _ : / -')

/** When a group is meant: everything that is said has to hold. */
export const RouteCondition = z.strictObject({
  organizations: z.array(OrganizationId).min(1).max(256).optional(),
  projects: z.array(ProjectId).min(1).max(256).optional(),
  tags: z.array(Tag).min(1).max(64).optional().meta({
    description: 'One of them is in the request’s header x-spillway-tags.',
  }),
  inputTokensMin: z.number().int().min(0).optional(),
  inputTokensMax: z.number().int().min(0).optional(),
  needs: z
    .array(z.enum(['tools', 'images']))
    .min(1)
    .optional()
    .meta({ description: 'The request has all of them.' }),
  hoursUtc: z
    .strictObject({ from: z.number().int().min(0).max(23), to: z.number().int().min(1).max(24) })
    .optional()
    .meta({
      description: 'From the one hour to the other; across midnight where the end is earlier.',
    }),
})
export type RouteCondition = z.infer<typeof RouteCondition>

/** What decides between the targets of a group. */
export const RouteObjective = z.enum([
  'least_busy',
  'weighted',
  'cost',
  'latency',
  'prefix_affinity',
])
export type RouteObjective = z.infer<typeof RouteObjective>

export const RouteGroup = z.strictObject({
  name: Name,
  when: RouteCondition.optional(),
  objective: RouteObjective.default('least_busy'),
  targets: z.array(RouteTarget).min(1).max(32),
})
export type RouteGroup = z.infer<typeof RouteGroup>

/** Asks a second server when the first is slow. The first useful answer wins, and the other is called off. */
export const RouteHedge = z.strictObject({
  afterMs: z.number().int().min(10).max(600_000).meta({
    description: 'After so long without output, or without a whole answer where none is streamed.',
  }),
  percentile: z.number().int().min(50).max(99).optional().meta({
    description:
      'Instead: after as long as so many of a hundred of the last answers took, once twenty were measured.',
  }),
})
export type RouteHedge = z.infer<typeof RouteHedge>

export const RouteDocument = z.strictObject({
  groups: z.array(RouteGroup).min(1).max(32).meta({
    description: 'In order: a later one is asked when nobody of an earlier one answers.',
  }),
  constraints: RouteConstraints.default({}),
  retries: z
    .strictObject({
      attemptsMax: z.number().int().min(1).max(5).default(3),
      sharePercent: z.number().int().min(0).max(100).default(20).meta({
        description: 'Tries beyond the first, as a share of requests; a burst of ten is kept free.',
      }),
    })
    .default({ attemptsMax: 3, sharePercent: 20 }),
  timeouts: z
    .strictObject({
      firstOutputMs: z.number().int().min(50).max(3_600_000).optional().meta({
        description: 'A streamed answer that has not begun by then is asked of another.',
      }),
      answerMs: z.number().int().min(50).max(3_600_000).optional().meta({
        description: 'An answer in one piece that is not there by then is asked of another.',
      }),
    })
    .default({}),
  hedge: RouteHedge.optional().meta({
    description:
      'Absent: never. Both are tries, within the limits of retries; the buyer pays for the answer alone.',
  }),
})
export type RouteDocument = z.infer<typeof RouteDocument>

/** What one request may narrow: the `provider` object of its body, or the header x-spillway-route. */
export const RoutePreference = z.strictObject({
  order: z.array(ProviderName).min(1).max(64).optional(),
  only: z.array(ProviderName).min(1).max(64).optional(),
  ignore: z.array(ProviderName).min(1).max(64).optional(),
  regions: z.array(Name).min(1).max(64).optional(),
  data_collection: z.enum(['allow', 'deny']).optional(),
  allow_fallbacks: z.boolean().optional(),
  sort: z.enum(['price', 'latency']).optional(),
  max_price: z
    .strictObject({
      prompt: z.union([usdPerMillion, z.number().min(0)]).optional(),
      completion: z.union([usdPerMillion, z.number().min(0)]).optional(),
    })
    .optional(),
})
export type RoutePreference = z.infer<typeof RoutePreference>

/** A server that could answer, as the route sees it now. */
export const RouteServer = z.object({
  id: z.string(),
  model: Name,
  kind: z.enum(['replica', 'upstream']),
  provider: z.string(),
  pool: Name.nullable(),
  region: Name.nullable(),
  dataPolicy: z.enum(['unknown', 'not_kept', 'kept', 'trained_on']),
  /** What a million tokens cost the buyer there. */
  inputUsd: Amount,
  outputUsd: Amount,
  /** The groups that name it, in order. */
  groups: z.array(Name),
  /** Why the route never asks it; null: it may be asked. */
  excludedBy: z.enum(['not_named', 'region', 'provider', 'data_policy', 'price']).nullable(),
  /** Too many of its tries failed: it is asked last, and when its pause is over by single requests. Null: nothing of that. */
  breaker: z
    .object({
      state: z.enum(['open', 'half_open']),
      openedAt: Instant,
      /** Gateways that ask it last. */
      gateways: z.number().int(),
    })
    .nullable(),
})
export type RouteServer = z.infer<typeof RouteServer>

export const Route = z.object({
  model: Name,
  /** Counts up with each change; zero where nothing was ever set. */
  version: z.number().int(),
  /** Null: every server of the model, the least busy first. */
  document: RouteDocument.nullable(),
  setAt: Instant.nullable(),
  servers: z.array(RouteServer),
})
export type Route = z.infer<typeof Route>

export const RouteVersion = z.object({
  model: Name,
  version: z.number().int(),
  document: RouteDocument.nullable(),
  setAt: Instant,
})
export type RouteVersion = z.infer<typeof RouteVersion>

const params = z.strictObject({ model: Name })

export const listRoutes = endpoint({
  id: 'route.list',
  method: 'GET',
  path: '/routes',
  summary: 'The route of every model that somebody answers for',
  permission: 'route.read',
  returns: list(Route),
})

export const getRoute = endpoint({
  id: 'route.get',
  method: 'GET',
  path: '/routes/{model}',
  summary: 'The route of a model, and the servers as it sees them now',
  permission: 'route.read',
  params,
  returns: Route,
  errors: ['model.not_found'],
})

export const listRouteVersions = endpoint({
  id: 'route.versions',
  method: 'GET',
  path: '/routes/{model}/versions',
  summary: 'Every version of a model’s route, newest first',
  permission: 'route.read',
  params,
  returns: list(RouteVersion),
  errors: ['model.not_found'],
})

export const setRoute = endpoint({
  id: 'route.set',
  method: 'POST',
  path: '/routes/{model}',
  summary: 'Set the route of a model; gateways follow at once',
  permission: 'route.set',
  params,
  body: z.strictObject({
    document: RouteDocument,
    replaces: z.number().int().min(0).optional().meta({
      description: 'The version that was seen; refused when another was set meanwhile.',
    }),
  }),
  returns: Route,
  errors: ['model.not_found', 'route.target_unknown', 'route.changed_meanwhile'],
})

export const deleteRoute = endpoint({
  id: 'route.delete',
  method: 'DELETE',
  path: '/routes/{model}',
  summary: 'Let every server of a model answer again, the least busy first',
  permission: 'route.set',
  params,
  returns: Done,
  errors: ['model.not_found'],
})

const Outcome = z.object({
  /** Those that were answered. */
  requests: z.number().int(),
  chargedUsd: Amount,
  /** What the operator pays; null where a server's cost is not known. */
  costUsd: Amount.nullable(),
  servers: z.array(
    z.object({
      id: z.string(),
      model: Name,
      provider: z.string(),
      region: Name.nullable(),
      requests: z.number().int(),
      chargedUsd: Amount,
      costUsd: Amount.nullable(),
    }),
  ),
  /** By the code they would be refused with. */
  refused: z.array(z.object({ code: z.string(), requests: z.number().int() })),
})

/** What a route would have made of recorded requests, beside what the one in force makes of them. */
export const RouteSimulation = z.object({
  model: Name,
  from: Instant,
  to: Instant,
  /** So many were run through both. */
  requests: z.number().int(),
  /** There were more: these are the newest. */
  isCut: z.boolean(),
  /** Of these it is noted which tags, needs and wishes they came with; the others count as without. */
  noted: z.number().int(),
  /** As it really was: servers that were asked beside another and called off, and what their input cost. */
  calledOff: z.object({
    tries: z.number().int(),
    /** A lower bound; null where a server's cost is not known. */
    costUsd: Amount.nullable(),
  }),
  before: Outcome,
  after: Outcome,
})
export type RouteSimulation = z.infer<typeof RouteSimulation>

export const simulateRoute = endpoint({
  id: 'route.simulate',
  method: 'POST',
  path: '/routes/{model}/simulate',
  summary: 'Run recorded requests of a model through a route before it is set',
  permission: 'route.read',
  params,
  body: z.strictObject({
    document: RouteDocument.nullable().meta({ description: 'Null: as without a route.' }),
    hours: z.number().int().min(1).max(720).default(24).meta({
      description: 'How far back; what requests came with is noted for 31 days.',
    }),
  }),
  returns: RouteSimulation,
  errors: ['model.not_found', 'route.target_unknown'],
})

export const RouteConstraint = z.object({
  projectId: ProjectId,
  organizationId: OrganizationId,
  constraints: RouteConstraints,
  setAt: Instant,
})
export type RouteConstraint = z.infer<typeof RouteConstraint>

export const listRouteConstraints = endpoint({
  id: 'route_constraint.list',
  method: 'GET',
  path: '/route-constraints',
  summary: 'What projects allow of servers; for the operator of every organization',
  permission: 'route_constraint.list',
  returns: list(RouteConstraint),
})

export const setRouteConstraint = endpoint({
  id: 'route_constraint.set',
  method: 'POST',
  path: '/route-constraints',
  summary: 'Set where and by whom the requests of a project may be answered, in every model',
  permission: 'route_constraint.set',
  body: z.strictObject({
    projectId: ProjectId.optional().meta({ description: 'Default: the caller’s own.' }),
    constraints: RouteConstraints,
  }),
  returns: RouteConstraint,
  errors: ['project.not_found'],
})

export const deleteRouteConstraint = endpoint({
  id: 'route_constraint.delete',
  method: 'DELETE',
  path: '/route-constraints/{projectId}',
  summary: 'Let a project’s requests be answered wherever the routes allow',
  permission: 'route_constraint.set',
  params: z.strictObject({ projectId: ProjectId }),
  returns: Done,
  errors: ['project.not_found', 'route_constraint.not_found'],
})
