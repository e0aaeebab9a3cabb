/** Counters, gauges and histograms of one process, and their text for Prometheus. Knows no clock and no transport. */

export type Labels = Readonly<Record<string, string>>

interface Histogram {
  readonly counts: number[]
  sum: number
  total: number
}

/** Upper bounds in seconds: fine where a gateway should be, coarse where a model is. */
export const BOUNDS_S = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
]

function renderLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return pairs.join(',')
}

/** Tells the series of one metric apart; cheap, because it is made for every request. */
function keyOf(labels: Labels): string {
  let key = ''
  for (const name in labels) key += `${labels[name]}\n`
  return key
}

/** The values of one metric by their labels. */
class Series<Value> {
  readonly #values = new Map<
    string,
    { readonly labels: string; readonly of: Labels; value: Value }
  >()

  at(labels: Labels, initial: () => Value): { value: Value } {
    const key = keyOf(labels)
    let entry = this.#values.get(key)
    if (!entry) {
      entry = { labels: renderLabels(labels), of: labels, value: initial() }
      this.#values.set(key, entry)
    }
    return entry
  }

  list() {
    return this.#values.values()
  }
}

function series(name: string, labels: string): string {
  return labels === '' ? name : `${name}{${labels}}`
}

export class Metrics {
  readonly #help: Readonly<Record<string, string>>
  readonly #counters = new Map<string, Series<number>>()
  readonly #gauges = new Map<string, number>()
  readonly #histograms = new Map<string, Series<Histogram>>()

  /** `help` holds every metric's name with a sentence about it. */
  constructor(help: Readonly<Record<string, string>>) {
    this.#help = help
  }

  count(name: string, labels: Labels, by = 1): void {
    seriesOf(this.#counters, name).at(labels, () => 0).value += by
  }

  set(name: string, value: number): void {
    this.#gauges.set(name, value)
  }

  observe(name: string, labels: Labels, seconds: number): void {
    const { value } = seriesOf(this.#histograms, name).at(labels, emptyHistogram)
    const bucket = BOUNDS_S.findIndex((bound) => seconds <= bound)
    if (bucket >= 0) value.counts[bucket] = (value.counts[bucket] ?? 0) + 1
    value.sum += seconds
    value.total += 1
  }

  /** What a counter has come to, by its labels. */
  readCounter(name: string): readonly { readonly labels: Labels; readonly value: number }[] {
    return [...(this.#counters.get(name)?.list() ?? [])].map(({ of, value }) => {
      return { labels: of, value }
    })
  }

  /** The same of a histogram; what is above every bound is the last of its counts. */
  readHistogram(name: string): readonly {
    readonly labels: Labels
    readonly counts: readonly number[]
    readonly sum: number
  }[] {
    return [...(this.#histograms.get(name)?.list() ?? [])].map(({ of, value }) => {
      const { counts, sum, total } = value
      const above = total - counts.reduce((all, each) => all + each, 0)
      return { labels: of, counts: [...counts, above], sum }
    })
  }

  /** The text exposition format, version 0.0.4. */
  render(): string {
    const lines: string[] = []
    for (const [name, values] of this.#counters) {
      lines.push(...this.#head(name, 'counter'))
      for (const { labels, value } of values.list()) lines.push(`${series(name, labels)} ${value}`)
    }
    for (const [name, value] of this.#gauges)
      lines.push(...this.#head(name, 'gauge'), `${name} ${value}`)
    for (const [name, values] of this.#histograms) {
      lines.push(...this.#head(name, 'histogram'))
      for (const { labels, value } of values.list())
        lines.push(...renderHistogram(name, labels, value))
    }
    return `${lines.join('\n')}\n`
  }

  #head(name: string, type: string): string[] {
    return [`# HELP ${name} ${this.#help[name] ?? name}`, `# TYPE ${name} ${type}`]
  }
}

function emptyHistogram(): Histogram {
  return { counts: BOUNDS_S.map(() => 0), sum: 0, total: 0 }
}

function seriesOf<Value>(metrics: Map<string, Series<Value>>, name: string): Series<Value> {
  let values = metrics.get(name)
  if (!values) metrics.set(name, (values = new Series<Value>()))
  return values
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
