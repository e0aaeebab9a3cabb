/** Model cards: what a model is, as its operator declares it, as it is priced, and as it was measured here. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import {
  DocumentationFieldName,
  DocumentationStatement,
  ModelDocumentation,
} from './model-documentation.ts'
import { Done, Instant, InstantInput, list, Name, Price } from './primitives.ts'

/** `own`: made by the operator. `open_weight`: its weights are public. `third_party`: somebody else serves it. */
export const ModelOrigin = z.enum(['own', 'open_weight', 'third_party'])
export type ModelOrigin = z.infer<typeof ModelOrigin>

export const Modality = z.enum(['text', 'image', 'audio', 'video', 'file', 'embedding'])
export type Modality = z.infer<typeof Modality>

export const ModelCapability = z.enum([
  'streaming',
  'tools',
  'parallel_tools',
  'structured_output',
  'logprobs',
  'reasoning',
  'prompt_caching',
  'fine_tuning',
])
export type ModelCapability = z.infer<typeof ModelCapability>

const line = z.string().trim().min(1).max(200)
const address = z.url({ protocol: /^https?$/ }).max(1000)
const modalities = z.array(Modality).min(1).max(6)

/** What the operator declares. What is left out is unknown, and said to be. */
export const ModelCardDocument = z.strictObject({
  displayName: line.optional(),
  description: z.string().trim().min(1).max(4000).optional(),
  publisher: line.optional(),
  origin: ModelOrigin.optional(),
  licence: line.optional().meta({ description: 'An SPDX identifier, or its name.' }),
  licenceUrl: address.optional(),
  outputTokensMax: z.number().int().min(1).max(10_000_000).optional(),
  inputModalities: modalities.optional(),
  outputModalities: modalities.optional(),
  capabilities: z.array(ModelCapability).max(8).optional(),
  quantisation: line.optional(),
  terms: z.string().trim().min(1).max(4000).optional(),
  termsUrl: address.optional(),
  dataPolicy: z.string().trim().min(1).max(2000).optional().meta({
    description: 'What becomes of prompts and answers, in words; each server has its own policy.',
  }),
  documentation: z.partialRecord(DocumentationFieldName, DocumentationStatement).default({}),
})
export type ModelCardDocument = z.infer<typeof ModelCardDocument>

/** `cached_response`: tokens of answers that are given from a project’s cache. */
export const TokenClass = z.enum([
  'input',
  'output',
  'cached_input',
  'cache_write',
  'reasoning',
  'cached_response',
])
export type TokenClass = z.infer<typeof TokenClass>

export const ModelPrice = z.object({
  tokenClass: TokenClass,
  /** `standard`, or another tier that has a price of its own. */
  tier: z.string(),
  price: Price,
})
export type ModelPrice = z.infer<typeof ModelPrice>

/** Milliseconds, read from a histogram: good to the width of its classes. */
const Spread = z.object({
  p50Ms: z.number(),
  p95Ms: z.number(),
  samples: z.number().int(),
})

/** What gateways of this installation saw; null where they saw nothing. */
export const ModelMeasure = z.object({
  from: Instant,
  to: Instant,
  /** Of streams: until the first output reached the client. */
  firstOutput: Spread.nullable(),
  /** Until the last byte of an answer. */
  answer: Spread.nullable(),
  /** Output tokens for each second of answering, over all answers. */
  outputTokensPerSecond: z.number().nullable(),
})
export type ModelMeasure = z.infer<typeof ModelMeasure>

export const ModelRetirement = z.object({
  model: Name,
  version: z.number().int(),
  announcedAt: Instant,
  retiresAt: Instant,
  /** What aliases move to, and what is named to those who still ask. */
  successor: Name.nullable(),
  isRetired: z.boolean(),
})
export type ModelRetirement = z.infer<typeof ModelRetirement>

export const ModelCard = z.object({
  model: Name,
  /** Counts up with each change of what is declared; zero where nothing ever was. */
  version: z.number().int(),
  setAt: Instant.nullable(),
  displayName: z.string(),
  description: z.string(),
  publisher: z.string().nullable(),
  origin: ModelOrigin.nullable(),
  licence: z.string().nullable(),
  contextTokens: z.number().int(),
  isToy: z.boolean(),
  isEmbedding: z.boolean(),
  /** As it was set: what is not in it is unknown. */
  declared: ModelCardDocument,
  /** Who may answer: where, and what becomes of prompts there. */
  servers: z.array(
    z.object({
      kind: z.enum(['replica', 'upstream']),
      provider: z.string(),
      region: Name.nullable(),
      dataPolicy: z.enum(['unknown', 'not_kept', 'kept', 'trained_on']),
    }),
  ),
  prices: z.array(ModelPrice),
  /** Of the last day. */
  measured: ModelMeasure.nullable(),
  retirement: ModelRetirement.nullable(),
  aliases: z.array(Name),
  /** Whether the caller’s project may use it. */
  isAllowed: z.boolean(),
})
export type ModelCard = z.infer<typeof ModelCard>

export const ModelCardVersion = z.object({
  model: Name,
  version: z.number().int(),
  card: ModelCardDocument,
  setAt: Instant,
})
export type ModelCardVersion = z.infer<typeof ModelCardVersion>

const params = z.strictObject({ id: Name })
/** What was seen before it is changed. */
export const replaces = z.number().int().min(0).optional().meta({
  description: 'The version that was seen; refused when another was set meanwhile.',
})

export const listModelCards = endpoint({
  id: 'model_card.list',
  method: 'GET',
  path: '/model-cards',
  summary: 'The card of every model in the catalog',
  permission: 'model.list',
  returns: list(ModelCard),
})

export const getModelCard = endpoint({
  id: 'model_card.get',
  method: 'GET',
  path: '/models/{id}/card',
  summary: 'A model’s card: declared, priced and measured',
  permission: 'model.list',
  params,
  returns: ModelCard,
  errors: ['model.not_found'],
})

export const listModelCardVersions = endpoint({
  id: 'model_card.versions',
  method: 'GET',
  path: '/models/{id}/card/versions',
  summary: 'Every version of what was declared of a model, newest first',
  permission: 'model.list',
  params,
  returns: list(ModelCardVersion),
  errors: ['model.not_found'],
})

export const setModelCard = endpoint({
  id: 'model_card.set',
  method: 'POST',
  path: '/models/{id}/card',
  summary: 'Declare what a model is; what is left out is unknown from then on',
  permission: 'model_card.set',
  params,
  body: z.strictObject({ card: ModelCardDocument, replaces }),
  returns: ModelCard,
  errors: ['model.not_found', 'model.changed_meanwhile'],
})

export const listModelMeasures = endpoint({
  id: 'model_card.measures',
  method: 'GET',
  path: '/models/{id}/measures',
  summary: 'How a model answered here, hour by hour, oldest first',
  permission: 'model.list',
  params,
  query: z.strictObject({ hours: z.coerce.number().int().min(1).max(744).default(24) }),
  returns: list(ModelMeasure),
  errors: ['model.not_found'],
})

export const getModelDocumentation = endpoint({
  id: 'model_card.document',
  method: 'GET',
  path: '/models/{id}/documentation',
  summary: 'A model’s documentation, each field marked measured, declared or unknown',
  permission: 'model.list',
  params,
  returns: ModelDocumentation,
  errors: ['model.not_found'],
})

export const announceModelRetirement = endpoint({
  id: 'model_retirement.announce',
  method: 'POST',
  path: '/models/{id}/retirement',
  summary: 'Announce when a model goes, or change what was announced',
  permission: 'model_retirement.announce',
  params,
  body: z.strictObject({
    retiresAt: InstantInput,
    successor: Name.optional().meta({
      description: 'Aliases move to it then, and it is named to those who still ask.',
    }),
    replaces,
  }),
  returns: ModelRetirement,
  errors: ['model.not_found', 'model.changed_meanwhile', 'model_retirement.wrong'],
})

export const withdrawModelRetirement = endpoint({
  id: 'model_retirement.withdraw',
  method: 'DELETE',
  path: '/models/{id}/retirement',
  summary: 'Keep a model that was to go, or bring back one that went',
  permission: 'model_retirement.announce',
  params,
  returns: Done,
  errors: ['model.not_found', 'model_retirement.not_found'],
})
