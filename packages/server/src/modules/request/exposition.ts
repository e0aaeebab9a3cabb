/**
 * A project's sums as Prometheus reads them (text exposition, version 0.0.4). They only grow, over restarts and over all
 * gateways. Series are bounded: models beyond a number share one name. Pure.
 */
import { add, type Money, renderMoney, ZERO } from '#kernel/money.ts'

interface Distribution {
  readonly ms: number
  /** How many are at most each of the bounds. */
  readonly counts: readonly number[]
}

export interface RequestTotal {
  readonly model: string
  readonly outcome: string
  readonly requests: number
  readonly tokens: Readonly<Record<string, number>>
  readonly cost: Money
  readonly duration: Distribution
  readonly firstOutputs: number
  readonly firstOutput: Distribution
}

/** Those of `count_within` in the database. */
const BOUNDS_S = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]
const MODELS_MAX = 100
const OTHERS = 'other'
const OMITTED = 'omitted'
const MS_PER_S = 1000

const HELP = {
  spillway_requests_total: ['counter', 'Requests by model and outcome; omitted: only counted.'],
  spillway_tokens_total: ['counter', 'Tokens by class; classes are part of input or output.'],
  spillway_cost_usd_total: ['counter', 'What the tokens cost.'],
  spillway_request_duration_seconds: ['histogram', 'From the headers to the end of the answer.'],
  spillway_first_output_seconds: ['histogram', 'Of streams, to the first output.'],
} as const
type Name = keyof typeof HELP

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function series(name: string, labels: Readonly<Record<string, string>>, value: string | number) {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escape(text)}"`)
  return `${name}{${pairs.join(',')}} ${value}`
}

/** Models by what was asked of them; those beyond the bound under one name. */
function byModel(totals: readonly RequestTotal[]): ReadonlyMap<string, readonly RequestTotal[]> {
  const groups = [...Map.groupBy(totals, ({ model }) => model)]
  const asked = ([, rows]: (typeof groups)[number]) => sum(rows, ({ requests }) => requests)
  const sorted = groups.toSorted((a, b) => asked(b) - asked(a))
  const kept = new Map(sorted.slice(0, MODELS_MAX))
  const rest = sorted.slice(MODELS_MAX).flatMap(([, rows]) => rows)
  if (rest.length > 0) kept.set(OTHERS, [...(kept.get(OTHERS) ?? []), ...rest])
  return kept
}

function sum<Row>(rows: readonly Row[], valueOf: (row: Row) => number): number {
  return rows.reduce((total, row) => total + valueOf(row), 0)
}

type Labels = Readonly<Record<string, string>>

function histogram(
  name: Name,
  labels: Labels,
  { count, parts }: { readonly count: number; readonly parts: readonly Distribution[] },
): string[] {
  const buckets = BOUNDS_S.map((bound, index) => {
    const within = sum(parts, ({ counts }) => counts[index] ?? 0)
    return series(`${name}_bucket`, { ...labels, le: String(bound) }, within)
  })
  return [
    ...buckets,
    series(`${name}_bucket`, { ...labels, le: '+Inf' }, count),
    series(`${name}_sum`, labels, sum(parts, ({ ms }) => ms) / MS_PER_S),
    series(`${name}_count`, labels, count),
  ]
}

export function renderTotals(totals: readonly RequestTotal[], project: string): string {
  const lines = new Map<Name, string[]>(Object.keys(HELP).map((name) => [name as Name, []]))
  const say = (name: Name, ...said: string[]) => lines.get(name)?.push(...said)
  for (const [model, rows] of byModel(totals)) {
    const labels = { project, model }
    for (const [outcome, own] of Map.groupBy(rows, (row) => row.outcome)) {
      const requests = sum(own, (row) => row.requests)
      say(
        'spillway_requests_total',
        series('spillway_requests_total', { ...labels, outcome }, requests),
      )
    }
    const kept = rows.filter(({ outcome }) => outcome !== OMITTED)
    if (kept.length > 0) sayKept(say, labels, kept)
  }
  const heads = Object.entries(HELP).flatMap(([name, [type, help]]) => [
    ...[`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`],
    ...(lines.get(name as Name) ?? []),
  ])
  return `${heads.join('\n')}\n`
}

function sayKept(
  say: (name: Name, ...said: string[]) => void,
  labels: Labels,
  rows: readonly RequestTotal[],
): void {
  for (const kind of Object.keys(rows[0]?.tokens ?? {})) {
    const tokens = sum(rows, (row) => row.tokens[kind] ?? 0)
    say(
      'spillway_tokens_total',
      series('spillway_tokens_total', { ...labels, class: kind }, tokens),
    )
  }
  const cost = rows.reduce<Money>((all, row) => add(all, row.cost), ZERO)
  say('spillway_cost_usd_total', series('spillway_cost_usd_total', labels, renderMoney(cost)))
  const requests = sum(rows, (row) => row.requests)
  const durations = rows.map(({ duration }) => duration)
  const first = sum(rows, ({ firstOutputs }) => firstOutputs)
  const firsts = rows.map(({ firstOutput }) => firstOutput)
  const duration = 'spillway_request_duration_seconds'
  say(duration, ...histogram(duration, labels, { count: requests, parts: durations }))
  if (first === 0) return
  const name = 'spillway_first_output_seconds'
  say(name, ...histogram(name, labels, { count: first, parts: firsts }))
}
