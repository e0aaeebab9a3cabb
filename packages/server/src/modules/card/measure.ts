/** What gateways saw of a model, as histograms, and the figures that are read from them. Pure. */

/** Of one hour, or of several that were added up. */
export interface Measured {
  /** By the classes of the gateways' histograms; the last one is above them all. */
  readonly firstOutputCounts: readonly number[]
  readonly answerCounts: readonly number[]
  /** All answers together. */
  readonly answerS: number
  readonly outputTokens: number
}

export interface MeasuredModel extends Measured {
  readonly model: string
}

export interface MeasuredHour extends MeasuredModel {
  readonly hour: Date
}

const sum = (counts: readonly number[]) => counts.reduce((all, each) => all + each, 0)

const addCounts = (a: readonly number[], b: readonly number[]) =>
  Array.from({ length: Math.max(a.length, b.length) }, (_, at) => (a[at] ?? 0) + (b[at] ?? 0))

const NOTHING: Measured = {
  firstOutputCounts: [],
  answerCounts: [],
  answerS: 0,
  outputTokens: 0,
}

export function addUp(all: readonly Measured[]): Measured {
  return all.reduce(
    (total, each) => ({
      firstOutputCounts: addCounts(total.firstOutputCounts, each.firstOutputCounts),
      answerCounts: addCounts(total.answerCounts, each.answerCounts),
      answerS: total.answerS + each.answerS,
      outputTokens: total.outputTokens + each.outputTokens,
    }),
    NOTHING,
  )
}

/** The value below which such a share lies, as if each class were filled evenly. */
function quantileS(counts: readonly number[], boundsS: readonly number[], share: number): number {
  let left = sum(counts) * share
  for (const [at, count] of counts.entries()) {
    const [from, to] = [boundsS[at - 1] ?? 0, boundsS[at]]
    if (to === undefined) break
    if (count >= left && count > 0) return from + (to - from) * (left / count)
    left -= count
  }
  return boundsS.at(-1) ?? 0
}

function spreadOf(counts: readonly number[], boundsS: readonly number[]) {
  const samples = sum(counts)
  if (samples === 0) return null
  const ms = (share: number) => Math.round(quantileS(counts, boundsS, share) * 100_000) / 100
  return { p50Ms: ms(0.5), p95Ms: ms(0.95), samples }
}

export interface Figures {
  readonly firstOutput: ReturnType<typeof spreadOf>
  readonly answer: ReturnType<typeof spreadOf>
  readonly outputTokensPerSecond: number | null
}

export function figuresOf(measured: Measured, boundsS: readonly number[]): Figures {
  const { firstOutputCounts, answerCounts, answerS, outputTokens } = measured
  const isKnown = answerS > 0 && outputTokens > 0
  return {
    firstOutput: spreadOf(firstOutputCounts, boundsS),
    answer: spreadOf(answerCounts, boundsS),
    outputTokensPerSecond: isKnown ? Math.round((outputTokens / answerS) * 100) / 100 : null,
  }
}
