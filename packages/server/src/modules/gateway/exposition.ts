/** Counters, gauges and histograms of one process, and their text for Prometheus. Knows no clock and no transport. */

export type Labels = Readonly<Record<string, string>>

interface Histogram {
  readonly counts: number[]
  sum: number
  total: number
}

/** Upper bounds in seconds: fine where a gateway should be, coarse where a model is. */
const BOUNDS_S = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
]

function renderLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return pairs.join(',')
}

function series(name: string, labels: string): string {
  return labels === '' ? name : `${name}{${labels}}`
}

export class Metrics {
  readonly #help: Readonly<Record<string, string>>
  readonly #counters = new Map<string, Map<string, number>>()
  readonly #gauges = new Map<string, number>()
  readonly #histograms = new Map<string, Map<string, Histogram>>()

  /** `help` holds every metric's name with a sentence about it. */
  constructor(help: Readonly<Record<string, string>>) {
    this.#help = help
  }

  count(name: string, labels: Labels, by = 1): void {
    const values = this.#seriesOf(this.#counters, name)
    const key = renderLabels(labels)
    values.set(key, (values.get(key) ?? 0) + by)
  }

  set(name: string, value: number): void {
    this.#gauges.set(name, value)
  }

  observe(name: string, labels: Labels, seconds: number): void {
    const values = this.#seriesOf(this.#histograms, name)
    const key = renderLabels(labels)
    let histogram = values.get(key)
    if (!histogram) {
      histogram = { counts: BOUNDS_S.map(() => 0), sum: 0, total: 0 }
      values.set(key, histogram)
    }
    const bucket = BOUNDS_S.findIndex((bound) => seconds <= bound)
    if (bucket >= 0) histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + 1
    histogram.sum += seconds
    histogram.total += 1
  }

  /** The text exposition format, version 0.0.4. */
  render(): string {
    const lines: string[] = []
    for (const [name, values] of this.#counters) {
      lines.push(...this.#head(name, 'counter'))
      for (const [labels, value] of values) lines.push(`${series(name, labels)} ${value}`)
    }
    for (const [name, value] of this.#gauges)
      lines.push(...this.#head(name, 'gauge'), `${name} ${value}`)
    for (const [name, values] of this.#histograms) {
      lines.push(...this.#head(name, 'histogram'))
      for (const [labels, histogram] of values)
        lines.push(...renderHistogram(name, labels, histogram))
    }
    return `${lines.join('\n')}\n`
  }

  #head(name: string, type: string): string[] {
    return [`# HELP ${name} ${this.#help[name] ?? name}`, `# TYPE ${name} ${type}`]
  }

  #seriesOf<T>(metrics: Map<string, Map<string, T>>, name: string): Map<string, T> {
    let values = metrics.get(name)
    if (!values) metrics.set(name, (values = new Map<string, T>()))
    return values
  }
}

function renderHistogram(
  name: string,
  labels: string,
  { counts, sum, total }: Histogram,
): string[] {
  const prefix = labels === '' ? '' : `${labels},`
  let below = 0
  const buckets = counts.map((count, index) => {
    below += count
    return `${name}_bucket{${prefix}le="${BOUNDS_S[index]}"} ${below}`
  })
  return [
    ...buckets,
    `${name}_bucket{${prefix}le="+Inf"} ${total}`,
    `${series(`${name}_sum`, labels)} ${sum}`,
    `${series(`${name}_count`, labels)} ${total}`,
  ]
}
