/**
 * The fleet file: what there is and what it costs, in YAML. Reads text into a fleet, or says everything that is wrong
 * with line numbers and what to write instead. Pure; it does not look at the machine.
 */
import { LineCounter, parseDocument, type Document, isNode, isPair } from 'yaml'
import { z } from 'zod'
import { booksSettings } from './books-settings.ts'
import { LOCAL_SHAPES, localShape, whyNoImages, whyNoOutbound } from './local-pool.ts'
import { autoscaleBlock, scalingFaults } from './model-scaling.ts'
import { serverBlock, serverFaults } from './model-server.ts'
import { nearest } from './nearest.ts'
import {
  durationMs,
  anchorHeadroom,
  noticeBlock,
  policyFaults,
  RECLAIM_SHAPES,
  reclaimBlock,
} from './reclaim-policy.ts'
import { SIMULATED_SHAPES, simulated } from './simulated-pool.ts'
import { SLURM_SHAPES, slurm, whySoldTwice } from './slurm-pool.ts'
import { amount, tokenPrices } from './token-prices.ts'

const name = z
  .string()
  .min(1, 'needs a name')
  .max(60)
  .regex(
    /^[a-z0-9][a-z0-9._-]*$/,
    'use lower-case letters, digits, dots and dashes, such as `h200-east`',
  )
const modelName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,119}$/, 'use letters, digits and . _ : / -')
const fraction = z.number().min(0, 'must be between 0 and 1').max(1, 'must be between 0 and 1')

const node = z.strictObject({
  name,
  slots: z
    .union(
      [
        z.literal('auto'),
        z
          .number()
          .int('write a whole number of slots, or auto')
          .min(1, 'a node has at least one slot')
          .max(1024),
      ],
      'write a number of slots, or auto',
    )
    .default('auto'),
})

/** A command that runs now and then on every free node, on all of its slots. */
const health = z.strictObject({
  check: z
    .array(
      z.string().max(4096),
      'write the words of the command, such as [dcgmi, diag, -r, "1", -j]',
    )
    .min(1, 'name the command'),
  every: durationMs.default(21_600_000),
  timeout: durationMs.default(300_000),
  onFailure: z.enum(['quarantine', 'report'], 'write quarantine or report').default('quarantine'),
  reads: z.enum(['exit_code', 'dcgm'], 'write exit_code or dcgm').default('exit_code'),
})

/** What every pool says, whatever drives it. */
const anyPool = z.strictObject({
  name,
  accelerator: z.string().max(60).default('auto'),
  priceUsdPerGpuHour: z.strictObject({ on_demand: amount, spot: amount, flex: amount }),
  notice: noticeBlock.optional(),
  reclaim: reclaimBlock.optional(),
  anchorHeadroom: anchorHeadroom.default(0),
  cost: z.strictObject({
    capexUsdPerGpu: amount,
    residualFraction: fraction.max(0.99, 'must be below 1').default(0),
    lifeYears: z.number().positive('must be above 0').max(30),
    opexUsdPerGpuHour: amount.default('0'),
  }),
  health: health.optional(),
  /** Whose the work is that each account of the engine runs by itself; of others it is the operator’s. */
  accounts: z.record(z.string().min(1).max(120), z.string().min(1).max(60)).default({}),
  power: z.strictObject({
    kwPerGpu: z.number().min(0, 'must not be negative'),
    idleFraction: fraction.default(0.3),
  }),
})

const localPool = anyPool.extend({
  engine: z.literal('local'),
  ...localShape,
  nodes: z.array(node).length(1, 'the local engine has exactly one node: this machine'),
})

/** For planning: nothing runs there. */
const simulatedPool = anyPool.extend({ engine: z.literal('simulated'), simulated })

/** Nodes are those of the partition, so the file names none. */
const slurmPool = anyPool.extend({ engine: z.literal('slurm'), slurm })

const ENGINES = { local: localPool, slurm: slurmPool, simulated: simulatedPool } as const

const pool = z.discriminatedUnion('engine', [ENGINES.local, ENGINES.slurm, ENGINES.simulated], {
  error: `write one of the engines there are: ${Object.keys(ENGINES).join(', ')}`,
})

const site = z.strictObject({
  name,
  region: z.string().min(1).max(60),
  jurisdiction: z.string().min(1).max(60),
  ownership: z.enum(['owned', 'leased', 'resold'], 'write owned, leased or resold'),
  pue: z.number().min(1, 'a PUE is at least 1').max(5).default(1),
  powerUsdPerKwh: amount,
  powerCapKw: z.number().positive('must be above 0').optional(),
  pools: z.array(pool).min(1, 'a site has at least one pool'),
})

const model = z.strictObject({
  name: modelName,
  displayName: z.string().max(120).optional(),
  description: z.string().max(2000).optional(),
  publisher: z.string().max(120).optional(),
  licence: z.string().max(120).optional(),
  pool: name,
  replicas: z.number().int().min(0).max(64).default(1),
  autoscale: autoscaleBlock.optional(),
  server: serverBlock.optional(),
  weights: z.string().max(500).optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'write 64 hexadecimal digits')
    .optional(),
  contextTokens: z.number().int().min(128).max(10_000_000).default(2048),
  embeddings: z.boolean('write true or false').default(false),
  priceUsdPerMillionTokens: tokenPrices,
})

/** Where customers' webhooks may be; the operator's may be anywhere. */
const webhooks = z
  .strictObject({ allowPrivate: z.boolean('write true or false').default(false) })
  .default({ allowPrivate: false })

const fleetFile = z.strictObject({
  installation: z.string().min(1).max(60),
  sites: z.array(site).min(1, 'a fleet has at least one site'),
  models: z.array(model).default([]),
  demo: z.strictObject({ creditUsd: amount }).default({ creditUsd: '100' }),
  webhooks,
  books: booksSettings.default({ postTransfer: true }),
})

export type FleetFile = z.output<typeof fleetFile>

export type FleetPool = FleetFile['sites'][number]['pools'][number]

export type FleetModel = FleetFile['models'][number]

export interface FleetFileFault {
  /** 1-based; null when the whole file is meant. */
  readonly line: number | null
  readonly message: string
}

export type FleetFileOutcome =
  | {
      readonly kind: 'read'
      readonly fleet: FleetFile
      readonly lineOf: (path: readonly PropertyKey[]) => number | null
    }
  | { readonly kind: 'refused'; readonly faults: readonly FleetFileFault[] }

type Path = readonly PropertyKey[]

/** What to write where something of another type stands. */
const WRITTEN: Readonly<Record<string, string>> = {
  number: 'write a plain number',
  string: 'write a text; put it in quotes if it looks like a number',
  array: 'write a list, each entry on a line of its own that begins with `- `',
  object: 'write names with values below it, indented',
}

/** Finds the line of a path, or of its nearest parent that is written. */
function lineFinder(document: Document, lines: LineCounter): (path: Path) => number | null {
  const offsetAt = (path: Path): number | null => {
    const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents
    const key = path.at(-1)
    if (parent && typeof parent === 'object' && 'items' in parent)
      for (const item of parent.items as unknown[])
        if (isPair(item) && isNode(item.key) && String(item.key) === String(key))
          return item.key.range?.[0] ?? null
    const value = document.getIn(path, true)
    return isNode(value) ? (value.range?.[0] ?? null) : null
  }
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const offset = offsetAt(path.slice(0, length))
      if (offset !== null) return lines.linePos(offset).line
    }
    return null
  }
}

function knownKeys(path: Path): readonly string[] {
  const depthNames = path.filter((part) => typeof part === 'string').join('.')
  const shapes: Readonly<Record<string, z.ZodObject>> = {
    '': fleetFile,
    sites: site,
    // Every key that a pool of some engine has; the union's own refusal names the engine's.
    'sites.pools': z.object(
      Object.assign({}, ...Object.values(ENGINES).map((each) => each.shape)) as z.ZodRawShape,
    ),
    'sites.pools.nodes': node,
    'sites.pools.priceUsdPerGpuHour': anyPool.shape.priceUsdPerGpuHour,
    'sites.pools.cost': anyPool.shape.cost,
    'sites.pools.power': anyPool.shape.power,
    ...Object.fromEntries(
      Object.entries({ ...SIMULATED_SHAPES, ...SLURM_SHAPES, ...LOCAL_SHAPES }).map(
        ([at, shape]) => [`sites.pools.${at}`, shape],
      ),
    ),
    webhooks: webhooks.unwrap(),
    books: booksSettings,
    ...RECLAIM_SHAPES,
    'sites.pools.health': health,
    models: model,
    'models.autoscale': autoscaleBlock,
    'models.server': serverBlock,
    'models.priceUsdPerMillionTokens': model.shape.priceUsdPerMillionTokens,
  }
  return Object.keys(shapes[depthNames]?.shape ?? {})
}

function renderPath(path: Path): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part + 1}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '')
}

function inPlainWords({ path, message }: z.core.$ZodIssue): string {
  const [, expected, received] =
    /^Invalid input: expected (\w+), received (\w+)$/.exec(message) ?? []
  if (expected === undefined) return message
  if (path.length === 0)
    return 'a fleet file is names with values, such as `installation: my-desk`; compare examples/laptop.yaml'
  if (received === 'undefined') return 'is missing'
  return WRITTEN[expected] ?? message
}

function explain(issue: z.core.$ZodIssue): { path: Path; message: string }[] {
  if (issue.code !== 'unrecognized_keys') {
    const what = issue.path.length > 0 ? `${renderPath(issue.path)}: ` : ''
    return [{ path: issue.path, message: `${what}${inPlainWords(issue)}` }]
  }
  return issue.keys.map((key) => {
    const guess = nearest(key, knownKeys(issue.path))
    const remedy = guess
      ? `did you mean \`${guess}\`?`
      : `known here: ${knownKeys(issue.path).join(', ')}`
    return {
      path: [...issue.path, key],
      message: `${renderPath([...issue.path, key])}: unknown; ${remedy}`,
    }
  })
}

function duplicates(fleet: FleetFile): { path: Path; message: string }[] {
  const seen = new Map<string, string>()
  const found: { path: Path; message: string }[] = []
  const check = (kind: string, value: string, path: Path) => {
    const first = seen.get(`${kind} ${value}`)
    if (first === undefined) seen.set(`${kind} ${value}`, renderPath(path))
    else
      found.push({
        path,
        message: `a second ${kind} named \`${value}\`; names are unique in the whole file, so give it another`,
      })
  }
  fleet.sites.forEach((each, s) => {
    check('site', each.name, ['sites', s, 'name'])
    each.pools.forEach((p, i) => check('pool', p.name, ['sites', s, 'pools', i, 'name']))
  })
  fleet.models.forEach((each, i) => check('model', each.name, ['models', i, 'name']))
  return found
}

/** Slots are numbered from 0 on each node, so a second local pool would sell this machine's slots once more. */
function localPoolsBeyondFirst(fleet: FleetFile): { path: Path; message: string }[] {
  const [first, ...rest] = fleet.sites.flatMap((each, s) =>
    each.pools.flatMap((p, i) =>
      p.engine === 'local' ? [{ name: p.name, path: ['sites', s, 'pools', i, 'name'] }] : [],
    ),
  )
  return rest
    .filter((each) => each.name !== first?.name)
    .map(({ name: second, path }) => ({
      path,
      message: `pool \`${second}\` would sell the slots of \`${first?.name}\` a second time: this is one machine, with one pool of the local engine on it`,
    }))
}

function partitionsSoldTwice(fleet: FleetFile): { path: Path; message: string }[] {
  const pools = fleet.sites.flatMap((each, s) =>
    each.pools.flatMap((p, i) => (p.engine === 'slurm' ? [{ ...p, at: [s, i] as const }] : [])),
  )
  return pools.flatMap((each, index) => {
    const message = whySoldTwice(each, pools.slice(0, index))
    const [s, i] = each.at
    return message === null ? [] : [{ path: ['sites', s, 'pools', i, 'slurm'], message }]
  })
}

function idleOutbound(fleet: FleetFile): { path: Path; message: string }[] {
  return fleet.sites.flatMap((each, s) =>
    each.pools.flatMap((p, i) => {
      if (p.engine !== 'local') return []
      const faults = { outbound: whyNoOutbound(p), images: whyNoImages(p) }
      return Object.entries(faults).flatMap(([key, message]) =>
        message === null ? [] : [{ path: ['sites', s, 'pools', i, key], message }],
      )
    }),
  )
}

/** Models on a pool that is not there, or on which nothing runs. */
function danglingPools(fleet: FleetFile): { path: Path; message: string }[] {
  const pools = fleet.sites.flatMap((each) => each.pools)
  const whyNot = (pool: string): string | null => {
    const found = pools.find((each) => each.name === pool)
    if (found?.engine === 'simulated')
      return `pool \`${pool}\` is simulated: nothing runs there, so it cannot serve a model`
    if (found?.engine === 'slurm')
      return `pool \`${pool}\` is a Slurm cluster: replicas read their weights on this machine, so put the model on a pool of the local engine`
    const names = pools.map((each) => each.name).join(', ')
    return found ? null : `there is no pool \`${pool}\`; pools here: ${names}`
  }
  return fleet.models.flatMap((each, i) => {
    const message = whyNot(each.pool)
    return message === null ? [] : [{ path: ['models', i, 'pool'], message }]
  })
}

function wrongPolicies(fleet: FleetFile): { path: Path; message: string }[] {
  return fleet.sites.flatMap((each, s) =>
    each.pools.flatMap((p, i) =>
      policyFaults(p).map(({ path, message }) => ({
        path: ['sites', s, 'pools', i, ...path],
        message,
      })),
    ),
  )
}

/** Reads a fleet file, or refuses it with every fault that was found, in the order of lines. */
export function readFleetFile(text: string): FleetFileOutcome {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0)
    return {
      kind: 'refused',
      faults: document.errors.map((error) => ({
        line: lines.linePos(error.pos[0]).line,
        message: `this is not YAML: ${error.message}`,
      })),
    }
  const lineOf = lineFinder(document, lines)
  const parsed = fleetFile.safeParse(document.toJS() ?? {})
  const faults = parsed.success
    ? [
        ...duplicates(parsed.data),
        ...localPoolsBeyondFirst(parsed.data),
        ...partitionsSoldTwice(parsed.data),
        ...idleOutbound(parsed.data),
        ...danglingPools(parsed.data),
        ...wrongPolicies(parsed.data),
        ...scalingFaults(parsed.data.models),
        ...serverFaults(parsed.data.models),
      ]
    : parsed.error.issues.flatMap(explain)
  if (parsed.success && faults.length === 0) return { kind: 'read', fleet: parsed.data, lineOf }
  const located = faults.map(({ path, message }) => ({ line: lineOf(path), message }))
  return { kind: 'refused', faults: located.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)) }
}
