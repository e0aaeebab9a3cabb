/**
 * Learns from everything that is past how the peak of the next hours passes the demand of now, on all pools at once, and
 * says it for one hour of one pool. Pure; the same series and settings give the same forecast.
 */
import { binRow, cutBins } from './bins.ts'
import { type Distribution, distributionOf } from './distribution.ts'
import { featuresAt, type Prepared } from './features.ts'
import { type ForestSettings, growForest, leafOf, type Tree } from './forest.ts'

export interface LearnerSettings extends Omit<ForestSettings, 'seed'> {
  /** A row this old counts half as much as one of now. */
  readonly halfLifeHours: number
  /** The first hours of a series tell little of what came before them. */
  readonly warmHours: number
}

export const LEARNER: LearnerSettings = {
  trees: 60,
  featuresTried: 16,
  leafRowsMin: 15,
  depthMax: 12,
  rowShare: 0.5,
  halfLifeHours: 60 * 24,
  warmHours: 48,
}

/** What was learned: trees, and the rise of each row in units of its pool's scale, in rising order. */
export interface Learned {
  readonly edges: readonly Float64Array[]
  readonly trees: readonly Tree[]
  readonly values: Float64Array
  readonly weights: Float64Array
  readonly rank: Int32Array
}

/** Keeps the features of hours that were asked for, as each is asked for again by every training. */
export class FeatureCache {
  readonly #rows = new Map<Prepared, Float64Array[]>()

  at(prepared: Prepared, hour: number): Float64Array {
    const rows = this.#rows.get(prepared) ?? []
    this.#rows.set(prepared, rows)
    return (rows[hour] ??= featuresAt(prepared, hour))
  }
}

interface Rows {
  readonly features: readonly Float64Array[]
  readonly values: Float64Array
  readonly weights: Float64Array
}

const ROWS_AT_ONCE = 200

function* gather(
  all: readonly Prepared[],
  { hour, settings, cache }: Required<LearnOptions>,
): Generator<void, Rows> {
  const features: Float64Array[] = []
  const [values, weights]: [number[], number[]] = [[], []]
  for (const prepared of all)
    for (let then = settings.warmHours; then + prepared.horizon <= hour; then++) {
      features.push(cache.at(prepared, then))
      values.push((prepared.rise[then] as number) / (prepared.scale[then] as number))
      weights.push(0.5 ** ((hour - then) / settings.halfLifeHours))
      if (values.length % ROWS_AT_ONCE === 0) yield
    }
  return { features, values: Float64Array.from(values), weights: Float64Array.from(weights) }
}

function binAll(rows: readonly Float64Array[], edges: readonly Float64Array[]): Uint8Array {
  const bins = new Uint8Array(rows.length * edges.length)
  rows.forEach((row, index) =>
    binRow(row, edges, bins.subarray(index * edges.length, (index + 1) * edges.length)),
  )
  return bins
}

interface LearnOptions {
  /** The last hour that has passed. */
  readonly hour: number
  readonly settings?: LearnerSettings
  readonly cache?: FeatureCache
}

/** Null where nothing has passed that could be learned from. */
export function learn(all: readonly Prepared[], options: LearnOptions): Learned | null {
  const steps = learning(all, options)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** Learns in small steps, between which others may have their turn. */
export function* learning(
  all: readonly Prepared[],
  options: LearnOptions,
): Generator<void, Learned | null> {
  const { hour, settings = LEARNER, cache = new FeatureCache() } = options
  const { features, values, weights } = yield* gather(all, { hour, settings, cache })
  if (values.length < 4 * settings.leafRowsMin) return null
  const order = Int32Array.from(values.keys()).sort(
    (a, b) => (values[a] as number) - (values[b] as number) || a - b,
  )
  const rank = new Int32Array(order.length)
  order.forEach((row, place) => (rank[row] = place))
  const sorted = Float64Array.from(order, (row) => values[row] as number)
  const edges = cutBins(features)
  // Trees tell rises apart by their size, the largest ones less than in proportion.
  const outputs = [values.map(Math.asinh)]
  const bins = binAll(features, edges)
  const set = { rowCount: values.length, featureCount: edges.length, bins, outputs, weights }
  const trees: Tree[] = []
  for (const tree of growForest(set, { ...settings, seed: hour })) {
    trees.push(tree)
    yield
  }
  return { edges, trees, values: sorted, weights, rank }
}

/** The distribution of the peak of the hours after `hour`, in GPUs. */
export function peakOf(
  { edges, trees, values, weights, rank }: Learned,
  prepared: Prepared,
  { hour, cache = new FeatureCache() }: { readonly hour: number; readonly cache?: FeatureCache },
): Distribution {
  const bins = new Uint8Array(edges.length)
  binRow(cache.at(prepared, hour), edges, bins)
  const shares = new Float64Array(values.length)
  for (const tree of trees) {
    const { from, to } = leafOf(tree, bins)
    let total = 0
    for (let index = from; index < to; index++)
      total += weights[tree.rows[index] as number] as number
    for (let index = from; index < to; index++) {
      const row = tree.rows[index] as number
      const place = rank[row] as number
      shares[place] = (shares[place] as number) + (weights[row] as number) / total
    }
  }
  const now = prepared.series.demand[hour] as number
  const scale = prepared.scale[hour] as number
  return distributionOf(values, shares).map((rise) => Math.max(0, now + rise * scale))
}
