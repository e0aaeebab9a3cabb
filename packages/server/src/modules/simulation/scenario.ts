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

const spot = z.strictObject({
  load: z.number().min(0, 'must not be negative').max(50).optional(),
})

const prices = z.strictObject({
  spotUsdPerGpuHour: usd.optional(),
  guaranteeCreditPart: share.optional(),
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

const variant = z.strictObject({
  name: text,
  policy: policy.optional(),
  nodes: nodes.optional(),
  scale: z.number().int('write a whole number').min(1).max(1_000_000).optional(),
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
  nodes: nodes.optional(),
  scale: z.number().int('write a whole number').min(1).max(1_000_000).default(1),
  horizonDays: z.number().int('write whole days').min(1).max(92).default(31),
  seeds: z.number().int('write a whole number').min(1).max(30).default(5),
  policy: policy.default('spillway'),
  demand: demand.prefault({}),
  spot: spot.prefault({}),
  prices: prices.prefault({}),
  cost: cost.prefault({}),
  reserved: z.array(reserved).max(50).default([]),
  variants: z.array(variant).max(11, 'at most 11 variants beside the base').default([]),
})

export type Scenario = z.infer<typeof scenario>
export type Reserved = z.infer<typeof reserved>

export type ScenarioReading =
  | { readonly kind: 'read'; readonly scenario: Scenario }
  | { readonly kind: 'refused'; readonly faults: readonly string[] }

const RUNS_MAX = 120

function repeated(names: readonly string[]): readonly string[] {
  return names.filter((name, at) => names.indexOf(name) !== at)
}

function alsoWrong({ seeds, variants }: Scenario): string[] {
  const runs = seeds * (variants.length + 1)
  const twice = repeated(['base', ...variants.map(({ name }) => name)])
  return [
    ...twice.map(
      (name) => `variants: a second variant named \`${name}\`; the base is named so too`,
    ),
    ...(runs > RUNS_MAX
      ? [
          `seeds: ${seeds} seeds of ${variants.length + 1} variants are ${runs} runs; at most ${RUNS_MAX}`,
        ]
      : []),
  ]
}

function inWords({ code, message, path }: z.core.$ZodIssue): string {
  const where = path.map(String).join('.')
  const what = code === 'invalid_type' ? message.replace('Invalid input: ', '') : message
  return where === '' ? what : `${where}: ${what}`
}

export function readScenario(source: string): ScenarioReading {
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines, uniqueKeys: true })
  if (document.errors.length > 0)
    return {
      kind: 'refused',
      faults: document.errors.map(
        ({ message, pos }) => `line ${lines.linePos(pos[0]).line}: ${message.split('\n')[0]}`,
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
      faults: parsed.error.issues.map((issue) => `line ${lineOf(issue.path)}: ${inWords(issue)}`),
    }
  const faults = alsoWrong(parsed.data)
  return faults.length > 0 ? { kind: 'refused', faults } : { kind: 'read', scenario: parsed.data }
}
