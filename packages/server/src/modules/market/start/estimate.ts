/** When work that waits is likely to start: the quantiles over many ways in which it may go on. Pure; the same input, the same answer. */
import { seeded } from '../forecast/forest.ts'
import { Line, type LineInput } from './line.ts'

/** Milliseconds from now; null: not known, because in too many ways it does not start at all. */
export interface StartEstimate {
  readonly p50Ms: number | null
  readonly p90Ms: number | null
}

const SAMPLES_MAX = 120
const SAMPLES_MIN = 30
/** About so many nodes and pieces of work, running and waiting, are looked at over all samples. */
const WORK_MAX = 60_000
/** Beyond this nothing is said. */
const LINE_MAX = 2000

function quantile(sorted: readonly number[], samples: number, level: number): number | null {
  const at = Math.ceil(level * samples) - 1
  return sorted[at] ?? null
}

export const UNKNOWN: StartEstimate = { p50Ms: null, p90Ms: null }

/** By the ids asked for. */
export function estimateStarts(
  input: LineInput,
  ids: readonly string[],
): ReadonlyMap<string, StartEstimate> {
  const size = input.running.length + input.waiting.length + input.nodes.length
  if (size > LINE_MAX) return new Map(ids.map((id) => [id, UNKNOWN]))
  const samples = Math.max(
    SAMPLES_MIN,
    Math.min(SAMPLES_MAX, Math.floor(WORK_MAX / Math.max(1, size))),
  )
  const asked = new Set(ids)
  const atOnce = new Line(input, seeded(1))
  if (asked.isSubsetOf(atOnce.startAtOnce()))
    return new Map(
      ids.map((id) => [
        id,
        { p50Ms: atOnce.starts.get(id) ?? 0, p90Ms: atOnce.starts.get(id) ?? 0 },
      ]),
    )
  const starts = new Map(ids.map((id) => [id, [] as number[]]))
  for (let sample = 0; sample < samples; sample++) {
    const line = new Line(input, seeded(sample + 1))
    line.play(asked)
    for (const [id, list] of starts) {
      const atMs = line.starts.get(id)
      if (atMs !== undefined) list.push(atMs)
    }
  }
  return new Map(
    [...starts].map(([id, list]) => {
      const sorted = list.toSorted((a, b) => a - b)
      return [id, { p50Ms: quantile(sorted, samples, 0.5), p90Ms: quantile(sorted, samples, 0.9) }]
    }),
  )
}
