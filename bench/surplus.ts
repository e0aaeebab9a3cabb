/**
 * The surplus: how much of the capacity that the owner will leave spare is sold with a promise of four hours, and how
 * often the promise breaks, on real hourly demand. Rules of the literature, then ours; on several months, and with each
 * pool's forecast learned from the other pools only. No rule sees anything of the hours that it decides for.
 */
import {
  calibratedQuantile,
  type DemandSeries,
  DESK,
  type DeskHour,
  type DeskSettings,
  runDesk,
} from '../packages/server/src/modules/market/index.ts'
import { BadInput, type BenchOptions, type BenchResult, type Comparison } from './run/result.ts'
import { readSeries } from './surplus/read-series.ts'
import { HORIZON, RULES } from './surplus/rules.ts'
import { type Decide, type Score, score, sellBeyond, type Stretch } from './surplus/score.ts'

export const flags = ['series', 'capacities', 'last']

const MONTH_HOURS = 744
/** A month of its own counts where so much came before it. */
const BEFORE_HOURS_MIN = 672
const MONTHS_MAX = 4

function parseLast(text: string | undefined, hours: number): number {
  const last = text === undefined ? MONTH_HOURS : Number(text)
  if (!Number.isInteger(last) || last <= 0)
    throw new BadInput(`--last ${text}: it is a whole number of hours`)
  if (last + HORIZON + 1 > hours)
    throw new BadInput(
      `--last ${last}: of ${hours} hours, at most ${hours - HORIZON - 1} can be decided and seen to their end`,
    )
  return last
}

/** The last stretch, and before it as many of the same length as have a history. */
function stretchesOf(hours: number, last: number, quick: boolean): readonly Stretch[] {
  const stretches: Stretch[] = []
  for (let to = hours - 1 - HORIZON; stretches.length < MONTHS_MAX; to -= last) {
    const from = to - last + 1
    if (stretches.length > 0 && (quick || from < BEFORE_HOURS_MIN)) break
    stretches.push({ from, to })
  }
  return stretches
}

function scoreRules(all: readonly DemandSeries[], stretch: Stretch): Record<string, Score> {
  return Object.fromEntries(
    Object.entries(RULES).map(([name, rule]) => [
      name,
      score(all, stretch, (pool, hour) => {
        const series = all[pool] as DemandSeries
        return sellBeyond(rule(series, hour), series.capacity)
      }),
    ]),
  )
}

/** Runs ours once over all hours; what it decided in each. */
function decideOurs(all: readonly DemandSeries[], settings: DeskSettings): readonly DeskHour[] {
  const decided: DeskHour[] = []
  const hours = all[0]?.demand.length ?? 0
  for (const each of runDesk(all, settings)) {
    decided[each.hour] = each
    if (each.hour % 24 === 0)
      process.stderr.write(`\rhour ${each.hour} of ${hours}${each.hour + 24 >= hours ? '\n' : ''}`)
  }
  return decided
}

const LEVEL = 0.9

/** Ours, its pinball by its forecast of the ninth decile. */
function byForecast(decided: readonly DeskHour[]): Decide {
  return (pool, hour) => {
    const { chances, pools } = decided[hour] as DeskHour
    const { peak, sale } = pools[pool] as DeskHour['pools'][number]
    return { sold: sale.gpus, reserve: calibratedQuantile(peak, chances, LEVEL) }
  }
}

/** Ours, its pinball by what the sale leaves. Where nothing is sold the whole pool is kept, or what is forecast beyond. */
function bySale(all: readonly DemandSeries[], decided: readonly DeskHour[]): Decide {
  const forecast = byForecast(decided)
  return (pool, hour) => {
    const { sold, reserve } = forecast(pool, hour)
    const capacity = (all[pool] as DemandSeries).capacity
    return { sold, reserve: sold > 0 ? capacity - sold : Math.max(capacity, reserve) }
  }
}

function settingsOf(quick: boolean, first: Stretch): DeskSettings {
  const earliest = Math.min(DESK.beginHour, first.from)
  if (!quick) return { ...DESK, beginHour: earliest }
  const learner = { ...DESK.learner, trees: 20 }
  const beginHour = Math.max(earliest, first.from - MONTH_HOURS)
  return { ...DESK, learner, learnEveryHours: 336, beginHour }
}

interface Measured {
  readonly all: readonly DemandSeries[]
  readonly stretches: readonly Stretch[]
  readonly decided: readonly DeskHour[]
}

function compareMonths({ all, stretches, decided }: Measured): Comparison {
  const best = 'now_and_p90_rise_at_this_hour'
  return Object.fromEntries(
    stretches.flatMap((stretch, back) => {
      const name = `hours ${stretch.from} to ${stretch.to}${back === 0 ? '' : `, ${back} before`}`
      const rule = RULES[best]
      const theirs = score(all, stretch, (pool, hour) => {
        const series = all[pool] as DemandSeries
        return sellBeyond(rule?.(series, hour) ?? series.capacity, series.capacity)
      })
      return [
        [`${name}: ours`, score(all, stretch, byForecast(decided))],
        [`${name}: ${best}`, theirs],
      ]
    }),
  )
}

function comparePools({ all, stretches: [last], decided }: Measured): Comparison {
  const forecast = byForecast(decided)
  return Object.fromEntries(
    all.map((series, pool) => [
      series.name,
      last ? score([series], last, (_, hour) => forecast(pool, hour)) : {},
    ]),
  )
}

function figuresOf(ours: Score, rules: Readonly<Record<string, Score>>, isLast: boolean) {
  const bestPinball = Math.min(
    ...Object.entries(rules)
      .filter(([name]) => name !== 'oracle')
      .map(([, { pinball_90 }]) => pinball_90),
  )
  const at = (kind: 'at_least' | 'at_most', value: number) =>
    isLast ? { target: { kind, value } as const } : {}
  const percent = (share: number) => share * 100
  return [
    { name: 'true spare sold', unit: '%', value: percent(ours.sold_share), ...at('at_least', 42) },
    {
      name: 'over-sold of sold',
      unit: '%',
      value: percent(ours.over_sold_share),
      ...at('at_most', 6.8),
    },
    {
      name: 'breached pool-hours',
      unit: '%',
      value: percent(ours.breach_share),
      ...at('at_most', 4),
    },
    { name: 'pinball 0.9', unit: 'GPUs', value: ours.pinball_90, ...at('at_most', bestPinball) },
    { name: 'cover at 0.9', unit: '%', value: percent(ours.cover) },
  ]
}

/** The benchmark. */
export default async function surplus({ quick, flags }: BenchOptions): Promise<BenchResult> {
  const all = readSeries({ series: flags['series'], capacities: flags['capacities'] })
  const hours = all[0]?.demand.length ?? 0
  const stretches = stretchesOf(hours, parseLast(flags['last'], hours), quick)
  const [last, first] = [stretches[0] as Stretch, stretches.at(-1) as Stretch]
  const settings = settingsOf(quick, first)
  const measured = { all, stretches, decided: decideOurs(all, settings) }
  const theirs = scoreRules(all, last)
  const ours = score(all, last, byForecast(measured.decided))
  const unseen: Record<string, Score> = {}
  if (!quick && all.length > 1) {
    const beginHour = Math.max(settings.beginHour, last.from - MONTH_HOURS)
    const others = { ...settings, beginHour, learnedFrom: 'others', learnEveryHours: 672 } as const
    unseen['ours_learned_from_other_pools'] = score(all, last, byForecast(decideOurs(all, others)))
  }
  const kept = score(all, last, bySale(all, measured.decided))
  return {
    title: 'Surplus: what is sold of the capacity that the owner leaves, and what breaks',
    figures: figuresOf(ours, theirs, true),
    comparisons: {
      rules: { ...theirs, ours, ours_by_what_the_sale_leaves: kept, ...unseen },
      months: compareMonths(measured),
      pools_of_ours: comparePools(measured),
    },
    notes: [
      `Hours ${last.from} to ${last.to} of ${hours}, ${all.length} pools; each hour sells for the next ${HORIZON}.`,
      'The pinball and the cover of ours are of its forecast at 0.9; what it sells follows from the whole forecast, and the row below judges what the sale leaves.',
      'The series counts a job in every hour that it touches, includes spot, and is what was asked for: it may pass the capacity.',
    ],
  }
}
