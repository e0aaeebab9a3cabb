/**
 * The reclaim policy of a pool, as the fleet file writes it: per tier who may take it back, with what notice, after what
 * minimum run, how often a month, against what compensation. Pure; what is left out is filled in here.
 */
import type { CompensationRule, ReclaimPolicy, ReclaimTerms } from '@spillway/contract'
import { z } from 'zod'

export const durationMs = z
  .string('write a duration such as 10s')
  .regex(/^\d+(ms|s|m|h)$/, 'write a duration such as 30s, 5m or 2h')
  .transform((text) => {
    const [, count = '0', unit = 's'] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? []
    return Number(count) * ({ ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit] ?? 1)
  })

const part = z.preprocess(
  (value) => (typeof value === 'number' ? String(value) : value),
  z
    .string('write a part such as 0.5')
    .regex(/^(0(\.\d{1,6})?|1(\.0{1,6})?)$/, 'write a part between 0 and 1, such as 0.5'),
)

const MINUTES = 'write a whole number of minutes'

const compensation = z.union(
  [
    z.literal('none'),
    z.strictObject({ minutes: z.number().int(MINUTES).min(1).max(44_640) }),
    z.strictObject({ fraction: part, ofLast: durationMs }),
  ],
  'write `none`, `{ minutes: 10 }` or `{ fraction: 0.5, ofLast: 1h }`',
)

function terms<const By extends readonly [string, ...string[]]>(by: By) {
  return z.strictObject({
    by: z.array(z.enum(by, `may be taken back by: ${by.join(', ')}`)).optional(),
    notice: durationMs.optional(),
    minimumRun: durationMs.default(0),
    perMonthMax: z.number().int('write a whole number').min(1).max(100_000).optional(),
    compensation: compensation.default('none'),
  })
}

const batch = z.union(
  [
    z.number().int().min(1).max(100_000),
    z.string().regex(/^([1-9]\d?|100)%$/, 'write a number of leases, or a part such as 25%'),
  ],
  'write a number of leases, or a part of the slots such as 25%',
)

const onDemand = terms(['anchor'])
const spot = terms(['anchor', 'on_demand', 'serving'])
const flex = terms(['anchor', 'on_demand', 'serving', 'spot'])

/** The block `reclaim:` of a pool. */
export const reclaimBlock = z.strictObject({
  on_demand: onDemand.optional(),
  spot: spot.optional(),
  flex: flex.optional(),
  evictionBatch: batch.default('100%'),
})

/** The block `notice:`, the older way to write nothing but the notice of each tier. */
export const noticeBlock = z.strictObject({
  on_demand: durationMs,
  spot: durationMs,
  flex: durationMs,
})

export const anchorHeadroom = z.number().int('write a whole number of slots').min(0).max(1_000_000)

/** Blocks with names of their own, for the hint about a key that is not known. */
export const RECLAIM_SHAPES: Readonly<Record<string, z.ZodObject>> = {
  'sites.pools.notice': noticeBlock,
  'sites.pools.reclaim': reclaimBlock,
  'sites.pools.reclaim.on_demand': onDemand,
  'sites.pools.reclaim.spot': spot,
  'sites.pools.reclaim.flex': flex,
}

type TierName = 'on_demand' | 'spot' | 'flex'
const TIERS = ['on_demand', 'spot', 'flex'] as const

interface PoolOfFile {
  readonly notice?: z.output<typeof noticeBlock> | undefined
  readonly reclaim?: z.output<typeof reclaimBlock> | undefined
  readonly anchorHeadroom: number
}

const NOTICE_MS: Readonly<Record<TierName, number>> = {
  on_demand: 3_600_000,
  spot: 30_000,
  flex: 0,
}

/** On demand is taken back only where its contract says so, and then with at least so much notice. */
const ON_DEMAND_NOTICE_MIN_MS = 600_000

const BY: Readonly<Record<TierName, ReclaimTerms['by']>> = {
  on_demand: [],
  spot: ['anchor', 'on_demand'],
  flex: ['anchor', 'on_demand', 'serving', 'spot'],
}

function ruleOf(written: z.output<typeof compensation>): CompensationRule {
  if (written === 'none') return { kind: 'none' }
  if ('minutes' in written) return { kind: 'minutes', minutes: written.minutes }
  return { kind: 'charge', fraction: written.fraction, lastMs: written.ofLast }
}

function termsOf(pool: PoolOfFile, tier: TierName): ReclaimTerms {
  const written = pool.reclaim?.[tier]
  return {
    by: [...new Set(written?.by ?? BY[tier])],
    noticeMs: written?.notice ?? pool.notice?.[tier] ?? NOTICE_MS[tier],
    minimumRunMs: written?.minimumRun ?? 0,
    perMonthMax: written?.perMonthMax ?? null,
    compensation: ruleOf(written?.compensation ?? 'none'),
  }
}

/** What a pool of the fleet file promises, with everything that it leaves out. */
export function policyOf(pool: PoolOfFile): ReclaimPolicy {
  const limit = pool.reclaim?.evictionBatch ?? '100%'
  return {
    on_demand: termsOf(pool, 'on_demand'),
    spot: termsOf(pool, 'spot'),
    flex: termsOf(pool, 'flex'),
    evictionBatch:
      typeof limit === 'number'
        ? { leasesMax: limit, slotsPercentMax: null }
        : { leasesMax: null, slotsPercentMax: Number(limit.slice(0, -1)) },
    anchorHeadroom: pool.anchorHeadroom,
  }
}

export interface PolicyFault {
  /** Below the pool. */
  readonly path: readonly string[]
  readonly message: string
}

/** What is wrong with a policy though each of its parts is well written. */
export function policyFaults(pool: PoolOfFile): readonly PolicyFault[] {
  const twice = TIERS.filter(
    (tier) => pool.notice !== undefined && pool.reclaim?.[tier]?.notice !== undefined,
  ).map((tier) => ({
    path: ['reclaim', tier, 'notice'],
    message: `the notice of ${tier} stands in \`notice\` as well; keep this one, and take the block \`notice\` away`,
  }))
  const { by, noticeMs, compensation: given } = termsOf(pool, 'on_demand')
  if (by.length === 0) return twice
  const path = ['reclaim', 'on_demand', 'by']
  if (given.kind === 'none')
    return [
      ...twice,
      {
        path,
        message: 'on demand is taken back only against compensation; write `compensation` too',
      },
    ]
  if (noticeMs < ON_DEMAND_NOTICE_MIN_MS)
    return [
      ...twice,
      { path, message: 'on demand is taken back only with a long notice; write at least 10m' },
    ]
  return twice
}
