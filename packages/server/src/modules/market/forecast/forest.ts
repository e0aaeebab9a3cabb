/**
 * A quantile regression forest: trees grown on several outputs at once, whose leaves keep the rows that fell into them,
 * so that a prediction is a whole distribution. Pure; its draws come from a generator seeded by the caller.
 */

export interface TrainingSet {
  readonly rowCount: number
  readonly featureCount: number
  /** Row by row, the bin of each feature. */
  readonly bins: Uint8Array
  /** What trees are to tell apart: one array a question, a value a row. */
  readonly outputs: readonly Float64Array[]
  readonly weights: Float64Array
}

export interface ForestSettings {
  readonly trees: number
  /** Features looked at for each split. */
  readonly featuresTried: number
  readonly leafRowsMin: number
  readonly depthMax: number
  /** Share of the rows that each tree sees. */
  readonly rowShare: number
  readonly seed: number
}

/** Nodes in arrays. Of a leaf `feature` is -1, and `left` and `right` bound its rows in `rows`. */
export interface Tree {
  readonly feature: number[]
  readonly limit: number[]
  readonly left: number[]
  readonly right: number[]
  readonly rows: Int32Array
}

const BINS = 64

/** Numbers in [0, 1) that follow from the seed alone. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

interface Split {
  readonly feature: number
  readonly limit: number
  readonly gain: number
}

interface Span {
  readonly from: number
  readonly to: number
}

/** Grows one tree. Its buffers are reused from node to node. */
class Grower {
  readonly #set: TrainingSet
  readonly #settings: ForestSettings
  readonly #random: () => number
  readonly #weightIn = new Float64Array(BINS)
  readonly #countIn = new Int32Array(BINS)
  readonly #sumsIn: Float64Array
  readonly #sums: Float64Array
  readonly #sumsLeft: Float64Array
  readonly tree: Tree

  constructor(set: TrainingSet, settings: ForestSettings, random: () => number) {
    this.#set = set
    this.#settings = settings
    this.#random = random
    this.#sumsIn = new Float64Array(BINS * set.outputs.length)
    this.#sums = new Float64Array(set.outputs.length)
    this.#sumsLeft = new Float64Array(set.outputs.length)
    const rows: number[] = []
    for (let row = 0; row < set.rowCount; row++) if (random() < settings.rowShare) rows.push(row)
    this.tree = { feature: [], limit: [], left: [], right: [], rows: Int32Array.from(rows) }
  }

  /** Sums the rows of a node into the bins of one feature. */
  #tally(feature: number, { from, to }: Span): void {
    const { bins, featureCount, outputs, weights } = this.#set
    const [weightIn, countIn, sumsIn, rows] = [
      ...[this.#weightIn, this.#countIn, this.#sumsIn],
      this.tree.rows,
    ] as const
    weightIn.fill(0)
    countIn.fill(0)
    sumsIn.fill(0)
    for (let index = from; index < to; index++) {
      const row = rows[index] as number
      const bin = bins[row * featureCount + feature] as number
      const weight = weights[row] as number
      weightIn[bin] = (weightIn[bin] as number) + weight
      countIn[bin] = (countIn[bin] as number) + 1
      for (let output = 0; output < outputs.length; output++) {
        const place = bin * outputs.length + output
        const value = (outputs[output] as Float64Array)[row] as number
        sumsIn[place] = (sumsIn[place] as number) + weight * value
      }
    }
  }

  /** The weight of a node; its sums go into the buffer. */
  #weigh({ from, to }: Span): number {
    const { outputs, weights } = this.#set
    this.#sums.fill(0)
    let total = 0
    for (let index = from; index < to; index++) {
      const row = this.tree.rows[index] as number
      const weight = weights[row] as number
      total += weight
      for (let output = 0; output < outputs.length; output++)
        this.#sums[output] =
          (this.#sums[output] as number) +
          weight * ((outputs[output] as Float64Array)[row] as number)
    }
    return total
  }

  /** The best place to split the tallied feature. */
  #bestLimit(feature: number, span: Span, weight: number): Split | null {
    const rows = span.to - span.from
    const { leafRowsMin } = this.#settings
    const outputs = this.#sums.length
    this.#sumsLeft.fill(0)
    let best: Split | null = null
    let [count, left] = [0, 0]
    for (let bin = 0; bin < BINS - 1; bin++) {
      count += this.#countIn[bin] as number
      left += this.#weightIn[bin] as number
      let gain = 0
      for (let output = 0; output < outputs; output++) {
        const leftSum =
          (this.#sumsLeft[output] as number) + (this.#sumsIn[bin * outputs + output] as number)
        this.#sumsLeft[output] = leftSum
        const rest = (this.#sums[output] as number) - leftSum
        gain += (leftSum * leftSum) / left + (rest * rest) / (weight - left)
      }
      if (count < leafRowsMin) continue
      if (rows - count < leafRowsMin) break
      if (best === null || gain > best.gain) best = { feature, limit: bin, gain }
    }
    return best
  }

  #split(span: Span): Split | null {
    const weight = this.#weigh(span)
    let unsplit = 0
    for (const sum of this.#sums) unsplit += (sum * sum) / weight
    let best: Split | null = null
    for (let tried = 0; tried < this.#settings.featuresTried; tried++) {
      const feature = Math.floor(this.#random() * this.#set.featureCount)
      this.#tally(feature, span)
      const split = this.#bestLimit(feature, span, weight)
      if (split && split.gain > unsplit + 1e-9 && split.gain > (best?.gain ?? 0)) best = split
    }
    return best
  }

  #part({ from, to }: Span, { feature, limit }: Split): number {
    const { bins, featureCount } = this.#set
    const { rows } = this.tree
    let [low, high] = [from, to - 1]
    while (low <= high) {
      const row = rows[low] as number
      if ((bins[row * featureCount + feature] as number) <= limit) low++
      else {
        rows[low] = rows[high] as number
        rows[high--] = row
      }
    }
    return low
  }

  grow(span: Span, depth: number): number {
    const { tree } = this
    const { depthMax, leafRowsMin } = this.#settings
    const isLarge = span.to - span.from >= 2 * leafRowsMin
    const split = depth < depthMax && isLarge ? this.#split(span) : null
    const node = tree.feature.push(split?.feature ?? -1) - 1
    tree.limit.push(split?.limit ?? 0)
    tree.left.push(span.from)
    tree.right.push(span.to)
    if (!split) return node
    const middle = this.#part(span, split)
    tree.left[node] = this.grow({ from: span.from, to: middle }, depth + 1)
    tree.right[node] = this.grow({ from: middle, to: span.to }, depth + 1)
    return node
  }
}

/** Grows the trees one by one, each on a draw of the rows. */
export function* growForest(set: TrainingSet, settings: ForestSettings): Generator<Tree> {
  const random = seeded(settings.seed)
  for (let count = 0; count < settings.trees; count++) {
    const grower = new Grower(set, settings, random)
    grower.grow({ from: 0, to: grower.tree.rows.length }, 0)
    yield grower.tree
  }
}

/** The leaf of a tree into which a row of bins falls. */
export function leafOf({ feature, limit, left, right }: Tree, bins: Uint8Array): Span {
  let node = 0
  for (;;) {
    const asked = feature[node] as number
    if (asked < 0) return { from: left[node] as number, to: right[node] as number }
    const isLeft = (bins[asked] as number) <= (limit[node] as number)
    node = (isLeft ? left[node] : right[node]) as number
  }
}
