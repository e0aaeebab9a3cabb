/** Histograms by name and attributes, added up since they began. Series are bounded; beyond, all go into one. Pure. */
import type { Attributes, AttributeValue, HistogramMetric } from './span.ts'

export interface Instrument {
  readonly name: string
  readonly unit: string
  readonly description: string
  /** Upper bounds of its buckets. */
  readonly bounds: readonly number[]
}

interface Series {
  readonly attributes: Attributes
  readonly buckets: number[]
  count: number
  sum: number
}

const OVERFLOW: Attributes = [['otel.metric.overflow', true]]

function keyOf(attributes: Attributes): string {
  let key = ''
  for (const [name, value] of attributes) key += `${name}\n${textOf(value)}\n`
  return key
}

function textOf(value: AttributeValue): string {
  return typeof value === 'object' ? String(value.int) : String(value)
}

export class Histograms {
  readonly #instruments: readonly Instrument[]
  readonly #startMs: number
  readonly #seriesMax: number
  readonly #series = new Map<string, Map<string, Series>>()

  constructor(
    instruments: readonly Instrument[],
    { startMs, seriesMax }: { readonly startMs: number; readonly seriesMax: number },
  ) {
    this.#instruments = instruments
    this.#startMs = startMs
    this.#seriesMax = seriesMax
    for (const { name } of instruments) this.#series.set(name, new Map())
  }

  record({ name, bounds }: Instrument, attributes: Attributes, value: number): void {
    const all = this.#series.get(name)
    if (!all) return
    const series = this.#seriesOf(all, attributes, bounds)
    const found = bounds.findIndex((bound) => value <= bound)
    const bucket = found < 0 ? bounds.length : found
    series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1
    series.count += 1
    series.sum += value
  }

  /** All that has points. */
  collect(): readonly HistogramMetric[] {
    return this.#instruments.flatMap(({ name, unit, description, bounds }) => {
      const points = [...(this.#series.get(name)?.values() ?? [])]
      if (points.length === 0) return []
      return [{ ...{ name, unit, description, bounds, points }, startMs: this.#startMs }]
    })
  }

  #seriesOf(all: Map<string, Series>, attributes: Attributes, bounds: readonly number[]): Series {
    const known = all.get(keyOf(attributes))
    if (known) return known
    const kept = all.size < this.#seriesMax - 1 ? attributes : OVERFLOW
    const key = keyOf(kept)
    const found = all.get(key)
    if (found) return found
    const made = {
      ...{ attributes: kept, count: 0, sum: 0 },
      buckets: Array.from({ length: bounds.length + 1 }, () => 0),
    }
    all.set(key, made)
    return made
  }
}
