/** Shapes that every noun shares: identifiers, instants, money, prices, pages. */
import { z } from 'zod'

/** No parameters, query or body. Unknown keys are refused. */
export const Nothing = z.strictObject({})

function id(prefix: string, noun: string) {
  return z
    .string()
    .regex(
      new RegExp(`^${prefix}_[0-9a-z]{26}$`),
      `must be the id of a ${noun}, such as ${prefix}_…`,
    )
    .meta({ description: `Id of a ${noun}.` })
}

export const OrganizationId = id('org', 'organization')
export const ProjectId = id('prj', 'project')
export const ApiKeyId = id('key', 'API key')
export const LeaseId = id('lse', 'lease')
export const OrderId = id('ord', 'order')
export const QuoteId = id('quo', 'quote')
export const QuotaId = id('qta', 'quota')
export const RateLimitId = id('rlm', 'rate limit')
export const BudgetId = id('bud', 'budget')
export const QuotaRequestId = id('qrq', 'quota request')
export const OutcomeId = id('out', 'outcome')
export const BlockId = id('blk', 'block')
export const SellBackId = id('slb', 'sell-back')
export const ClearingId = id('clr', 'clearing')
export const ReclaimId = id('rcl', 'reclaim')
export const NodeId = id('nod', 'node')
export const ClaimId = id('clm', 'claim')
export const DeploymentId = id('dep', 'deployment')
export const UpstreamId = id('ups', 'upstream')
export const GuardrailId = id('grl', 'guardrail')
export const FileId = id('file', 'file')
export const BatchId = id('batch', 'batch')
export const WebhookId = id('whk', 'webhook')
export const SimulationId = id('sim', 'simulation')
export const WebhookDeliveryId = id('dlv', 'webhook delivery')

/** A pool, site, node or model is named in the fleet file, and its name is its identity for people. */
export const Name = z
  .string()
  .min(1)
  .max(120)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._:/-]*$/,
    'use letters, digits and . _ : / -, starting with a letter or digit',
  )

/** UTC, RFC 3339 with milliseconds. */
export const Instant = z.iso
  .datetime({ precision: 3 })
  .meta({ description: 'UTC instant, RFC 3339 with milliseconds.' })

/** Accepted from a caller: any RFC 3339 instant. */
export const InstantInput = z.iso.datetime({ offset: true })

/** An exact amount as a plain decimal, at most 12 decimals. Never a JSON number. */
export const Amount = z
  .string()
  .regex(
    /^-?\d{1,26}(\.\d{1,12})?$/,
    'an amount is a plain decimal in quotes, such as "2.50", with at most 12 decimals',
  )
  .meta({ description: 'Exact amount of USD as a plain decimal string.' })

export const PositiveAmount = z
  .string()
  .regex(/^\d{1,14}(\.\d{1,12})?$/, 'use a plain decimal in quotes, such as "2.50", not negative')
  .meta({ description: 'Exact, non-negative amount of USD as a plain decimal string.' })

export const Currency = z.literal('USD')

/** An amount for a quantity, never pre-divided: 2.35 USD per 3600000 gpu_ms. */
export const Price = z.object({
  amountUsd: Amount,
  per: z.string().regex(/^\d+$/),
  unit: z.enum(['gpu_ms', 'token']),
})
export type Price = z.infer<typeof Price>

/** What a claim on a slot is for. `free` is the absence of one. */
export const ClaimKind = z.enum([
  'anchor',
  'reserved',
  'on_demand',
  'spot',
  'flex',
  'serving',
  'maintenance',
  'faulty',
  'draining',
])
export type ClaimKind = z.infer<typeof ClaimKind>

/** What a buyer can ask for by the hour; `reserved` is sold as blocks. */
export const Tier = z.enum(['on_demand', 'spot', 'flex'])
export type Tier = z.infer<typeof Tier>

/** When something that waits is likely to start, by what runs, what waits before it and what is foreseen. */
export const ExpectedStart = z.object({
  /** As likely before as after; null: not known. */
  p50At: Instant.nullable(),
  /** In nine of ten cases before; null: not known. */
  p90At: Instant.nullable(),
})
export type ExpectedStart = z.infer<typeof ExpectedStart>

/** Hours for which spot may be had with the promise that it is not taken back. */
export const GuaranteeHours = z.literal([1, 2, 4])
export type GuaranteeHours = z.infer<typeof GuaranteeHours>

export const Limit = z.coerce.number().int().min(1).max(1000).default(100)

export function list<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() })
}

export const Done = z.object({ ok: z.literal(true) })
