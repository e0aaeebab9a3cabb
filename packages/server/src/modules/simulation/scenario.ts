/**
 * A scenario: what is to be simulated, as a text in YAML or JSON. Reads it strictly: what is wrong is named by its line
 * and its path. Variants say what differs from the base. Pure; the fleet and the trace it names come apart from it.
 */
import { isNode, LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'

const share = z.number().min(0, 'must be between 0 and 1').max(1, 'must be between 0 and 1')
const text = z.string().min(1).max(120)
const usd = z.preprocess(
  (value) => (typeof value === 'number' ? String(value) : value),
  z
    .string('write an amount such as 1.40')
    .regex(/^\d{1,14}(\.\d{1,12})?$/, 'write a plain amount that is not negative, such as 1.40'),
)

const nodes = z.strictObject({
  count: z.number().int('write a whole number of nodes').min(1).max(20_000),
  gpusPerNode: z.number().int('write a whole number of GPUs').min(1).max(64),
})

/** What may be said of it, by the base and by each variant; what nobody says is as in `DEFAULTS`. */
const demand = z.strictObject({
  meanShare: share.optional(),
  dailyShare: share.optional(),
  weekendShare: share.optional(),
  surgesPerWeek: z.number().min(0, 'must not be negative').max(50).optional(),
  surgeShare: share.optional(),
  surgeHours: z.number().min(1, 'a surge takes at least an hour').max(168).optional(),
})

const load = z.number().min(0, 'must not be negative').max(50)
const patienceHours = z.number().positive('must be above 0').max(10_000)

const spot = z.strictObject({
  load: load.optional(),
  patienceHours: patienceHours.optional(),
  /** What buyers pay at most, as parts of the list price; anything between is as likely. */
  limits: z
    .strictObject({
      lowPart: z.number().positive('must be above 0').max(100),
      highPart: z.number().positive('must be above 0').max(100),
    })
    .refine(({ lowPart, highPart }) => lowPart <= highPart, 'lowPart must not be above highPart')
    .optional(),
})

const tier = z.strictObject({ load: load.optional(), patienceHours: patienceHours.optional() })

const guaranteed = tier.extend({
  hours: z.literal([1, 2, 4], 'write 1, 2 or 4').optional(),
})

const replicas = z.number().int('write a whole number of replicas').min(0).max(100_000)

const tokens = z
  .strictObject({
    model: text,
    pool: text.optional(),
    gpusPerReplica: z.number().int('write a whole number of GPUs').min(1).max(64),
    tokensPerSecondPerReplica: z.number().positive('must be above 0').max(1e9),
    usdPerMillionTokens: usd,
    meanTokensPerSecond: z.number().min(0, 'must not be negative').max(1e12),
    /** Up and down over a day, as a part of the mean. */
    dailyShare: share.default(0.3),
    /** How many replicas there are is decided as live, between these; without a maximum, as many as the pool holds. */
    replicasMin: replicas.default(0),
    replicasMax: replicas.optional(),
  })
  .refine(({ replicasMin, replicasMax = Infinity }) => replicasMin <= replicasMax, {
    message: 'must not be above replicasMax',
    path: ['replicasMin'],
  })

const prices = z.strictObject({
  spotUsdPerGpuHour: usd.optional(),
  onDemandUsdPerGpuHour: usd.optional(),
  flexUsdPerGpuHour: usd.optional(),
  guaranteeCreditPart: share.optional(),
})

/** What of the pools' reclaim policy differs. */
const reclaim = z.strictObject({
  anchorHeadroom: z.number().int('write a whole number of GPUs').min(0).max(1_000_000).optional(),
  spotMinimumRunMinutes: z.number().min(0, 'must not be negative').max(100_000).optional(),
  spotNoticeSeconds: z.number().min(0, 'must not be negative').max(86_400).optional(),
})

/** The owner's own demand; shares are of all GPUs. */
export interface Demand {
  readonly meanShare: number
  readonly dailyShare: number
  readonly weekendShare: number
  readonly surgesPerWeek: number
  readonly surgeShare: number
  readonly surgeHours: number
}

export const DEFAULTS = {
  demand: {
    ...{ meanShare: 0.65, dailyShare: 0.12, weekendShare: 0.08 },
    ...{ surgesPerWeek: 2, surgeShare: 0.15, surgeHours: 5 },
  } as Demand,
  /** A multiple of the spot work that came, per GPU, in a studied production cluster. */
  spotLoad: 2,
  /** Of the guaranteed hour, for each GPU whose guarantee was broken. */
  guaranteeCreditPart: 0.5,
  limits: { lowPart: 0.4, highPart: 1.6 },
  patienceHours: { onDemand: 1, guaranteed: 6, spot: 24, flex: 72 },
  guaranteedHours: 1,
} as const

const cost = z.strictObject({
  capexUsdPerGpu: usd.optional(),
  residualFraction: share.optional(),
  lifeYears: z.number().positive('must be above 0').max(30).optional(),
  opexUsdPerGpuHour: usd.optional(),
  kwPerGpu: z.number().min(0).max(100).optional(),
  pue: z.number().min(1, 'a PUE is at least 1').max(5).optional(),
  powerUsdPerKwh: usd.optional(),
})

/** GPUs of the whole fleet that are sold for long and never taken back. */
const reserved = z.strictObject({
  name: text,
  gpus: z.number().int('write a whole number of GPUs').min(1),
  usdPerMonth: usd,
})

export const POLICY_NAMES = [
  'spillway',
  'conditional-rise',
  'fifo',
  'yarn-cs',
  'static-10',
  'static-20',
  'static-30',
  'week-peak',
  'fgd',
  'lyra',
  'chronus',
  'gfs',
  'oracle',
] as const
const policy = z.enum(POLICY_NAMES, `write one of: ${POLICY_NAMES.join(', ')}`)

const changes = {
  nodes: nodes.optional(),
  onDemand: tier.optional(),
  guaranteed: guaranteed.optional(),
  flex: tier.optional(),
  tokens: z.array(tokens).max(20).optional(),
  reclaim: reclaim.optional(),
}
const scale = z.number().int('write a whole number').min(1).max(1_000_000)

const variant = z.strictObject({
  name: text,
  ...changes,
  policy: policy.optional(),
  scale: scale.optional(),
  demand: demand.optional(),
  spot: spot.optional(),
  prices: prices.optional(),
  cost: cost.optional(),
  reserved: z.array(reserved).max(50).optional(),
})

const scenario = z.strictObject({
  name: text,
  /** Files, whose texts come beside the scenario. */
  fleet: z.string().max(500).optional(),
  trace: z.string().max(500).optional(),
  pool: text.optional(),
  /** Several pools of the fleet, side by side; each has its own demand. */
  pools: z.array(text).min(1).max(20).optional(),
  /** What becomes of rows of a trace that ask for a part of a GPU: the market sells whole ones. */
  partOfGpu: z.enum(['refuse', 'whole'], 'write refuse or whole').default('refuse'),
  scale: scale.default(1),
  horizonDays: z.number().int('write whole days').min(1).max(92).default(31),
  seeds: z.number().int('write a whole number').min(1).max(30).default(5),
  policy: policy.default('spillway'),
  ...changes,
  demand: demand.prefault({}),
  spot: spot.prefault({}),
  prices: prices.prefault({}),
  cost: cost.prefault({}),
  reserved: z.array(reserved).max(50).default([]),
  variants: z.array(variant).max(11, 'at most 11 variants beside the base').default([]),
})

export type Scenario = z.infer<typeof scenario>
export type Reserved = z.infer<typeof reserved>

/** What is wrong with a scenario, and with which of its values. */
export interface ScenarioFault {
  /** `variants.0.spot.load`; empty: the whole. */
  readonly path: string
  /** Said at that value. */
  readonly message: string
  /** Said by itself, with the line where there is one. */
  readonly text: string
}

export type ScenarioReading =
  | { readonly kind: 'read'; readonly scenario: Scenario }
  | { readonly kind: 'refused'; readonly faults: readonly ScenarioFault[] }

const RUNS_MAX = 120

function repeated(names: readonly string[]): readonly string[] {
  return names.filter((name, at) => names.indexOf(name) !== at)
}

/** A fault of a value that is sound by itself. */
function faultAt(path: string, message: string): ScenarioFault {
  return { path, message, text: `${path}: ${message}` }
}

function namesTwice(variants: Scenario['variants']): readonly ScenarioFault[] {
  const names = ['base', ...variants.map(({ name }) => name)]
  return names.flatMap((name, at) =>
    names.indexOf(name) === at
      ? []
      : [
          faultAt(
            `variants.${at - 1}.name`,
            name === 'base'
              ? 'a second variant named `base`; the base is named so'
              : `a second variant named \`${name}\``,
          ),
        ],
  )
}

function alsoWrong({ seeds, variants, pool, pools, trace }: Scenario): readonly ScenarioFault[] {
  const runs = seeds * (variants.length + 1)
  return [
    ...(pool !== undefined && pools !== undefined
      ? [faultAt('pools', 'the scenario names `pool` and `pools`; keep one of them')]
      : []),
    ...repeated(pools ?? []).map((name) => faultAt('pools', `\`${name}\` stands there twice`)),
    ...(trace !== undefined && (pools?.length ?? 1) > 1
      ? [faultAt('pools', 'a trace says nothing of several pools; name one with `pool`')]
      : []),
    ...namesTwice(variants),
    ...(runs > RUNS_MAX
      ? [
          faultAt(
            'seeds',
            `${seeds} seeds of ${variants.length + 1} variants are ${runs} runs; at most ${RUNS_MAX}`,
          ),
        ]
      : []),
  ]
}

function atLine({ code, message, path }: z.core.$ZodIssue, line: number): ScenarioFault {
  const where = path.map(String).join('.')
  const what = code === 'invalid_type' ? message.replace('Invalid input: ', '') : message
  return {
    ...{ path: where, message: what },
    text: `line ${line}: ${where === '' ? what : `${where}: ${what}`}`,
  }
}

function unreadable(message: string, line: number): ScenarioFault {
  const what = message.split('\n')[0] ?? message
  return { path: '', message: what, text: `line ${line}: ${what}` }
}

export function readScenario(source: string): ScenarioReading {
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines, uniqueKeys: true })
  if (document.errors.length > 0)
    return {
      kind: 'refused',
      faults: document.errors.map(({ message, pos }) =>
        unreadable(message, lines.linePos(pos[0]).line),
      ),
    }
  const lineOf = (path: readonly PropertyKey[]): number => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true)
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
    }
    return 1
  }
  const parsed = scenario.safeParse(document.toJS({ maxAliasCount: 20 }))
  if (!parsed.success)
    return {
      kind: 'refused',
      faults: parsed.error.issues.map((issue) => atLine(issue, lineOf(issue.path))),
    }
  const faults = alsoWrong(parsed.data)
  return faults.length > 0 ? { kind: 'refused', faults } : { kind: 'read', scenario: parsed.data }
}
