/**
 * The meter: from the gateways' journals to ledger entries and balances. How fast, how soon, and whether anything is
 * lost or doubled when every process that takes part is killed at random. The naive way runs beside it.
 */
import { measureLatency, type Latency } from './meter/latency.ts'
import { openStand, type Stand } from './meter/stand.ts'
import { runStorm, type StormPlan, type StormProof } from './meter/storm.ts'
import { measureBaseline, measureShipping } from './meter/throughput.ts'
import { figureOf, median, type BenchOptions, type BenchResult, type Figure } from './run/result.ts'

interface Plan {
  readonly rounds: number
  readonly events: number
  readonly baselineMs: number
  readonly latencyMs: number
  readonly storm: StormPlan
}

const FULL: Plan = {
  rounds: 5,
  events: 240_000,
  baselineMs: 5_000,
  latencyMs: 20_000,
  storm: { kills: 24, everyMs: 3_500, perSecond: 7_000 },
}
const QUICK: Plan = {
  rounds: 2,
  events: 32_000,
  baselineMs: 1_000,
  latencyMs: 3_000,
  storm: { kills: 3, everyMs: 1_500, perSecond: 4_000 },
}

const MANY = 1_000

interface Rates {
  readonly many: readonly number[]
  readonly one: readonly number[]
  readonly naive: readonly number[]
}

async function measureRates(stand: Stand, plan: Plan): Promise<Rates> {
  const rates = { many: [] as number[], one: [] as number[], naive: [] as number[] }
  for (let round = 0; round < plan.rounds; round++) {
    rates.many.push(await measureShipping(stand, await stand.makeOffer(MANY), plan.events))
    rates.one.push(await measureShipping(stand, await stand.makeOffer(1), plan.events))
    rates.naive.push(await measureBaseline(stand, await stand.makeOffer(MANY), plan.baselineMs))
    process.stderr.write(`round ${round + 1}/${plan.rounds}\n`)
  }
  return rates
}

function rateFigures({ many, one, naive }: Rates): Figure[] {
  const unit = 'events/s'
  const target = { kind: 'at_least', value: 30_000 } as const
  const ratio = { name: 'ratio to the naive way, 1,000 organizations', unit: 'times' }
  const ratios = many.map((each, round) => each / (naive[round] ?? Number.NaN))
  return [
    figureOf({ name: 'journal to balance, 1,000 organizations', unit, target }, many),
    figureOf({ name: 'journal to balance, one organization', unit, target }, one),
    figureOf({ name: 'naive: one transaction an event, 8 connections', unit }, naive),
    figureOf(ratio, ratios),
  ]
}

function latencyFigures({ p50Ms, p99Ms, greatestMs }: Latency): Figure[] {
  const target = { kind: 'at_most', value: 1_000 } as const
  const name = (which: string) =>
    `acknowledged to visible in the balance at 1,000 events/s, ${which}`
  return [
    { name: name('p50'), value: p50Ms, unit: 'ms', target },
    { name: name('p99'), value: p99Ms, unit: 'ms', target },
    { name: name('greatest'), value: greatestMs, unit: 'ms' },
  ]
}

function stormFigures({
  kills,
  acknowledged,
  stored,
  lost,
  doubled,
  ...proof
}: StormProof): Figure[] {
  const none = { kind: 'at_most', value: 0 } as const
  const count = (what: string, value: number, more: Partial<Figure> = {}): Figure => ({
    name: `crash storm: ${what}`,
    value,
    unit: '',
    ...more,
  })
  return [
    count('kill -9 of a gateway', kills.writer),
    count('kill -9 of the shipper', kills.shipper),
    count('kill -9 of PostgreSQL', kills.postgres),
    count('events acknowledged', acknowledged),
    count('events stored', stored),
    count('acknowledged and not stored as acknowledged', lost, { target: none }),
    count('stored twice', doubled, { target: none }),
    // Beyond 2^53 a figure would not be exact; zero is.
    count('picos between events, ledger and balances', Number(proof.moneyDifference), {
      target: none,
    }),
    count('checks of the books that do not hold', proof.brokenChecks.length, { target: none }),
  ]
}

export default async function benchmarkMeter({ quick }: BenchOptions): Promise<BenchResult> {
  const plan = quick ? QUICK : FULL
  const stand = await openStand()
  try {
    const rates = await measureRates(stand, plan)
    const latency = await measureLatency(stand, await stand.makeOffer(MANY), plan.latencyMs)
    const storm = await runStorm(stand, await stand.makeOffer(MANY), plan.storm)
    return {
      title: 'Meter: from the journal to the ledger and the balance',
      figures: [...rateFigures(rates), ...latencyFigures(latency), ...stormFigures(storm)],
      notes: [
        `An event is one request: two lines (input and output tokens), so two rated quantities; ${plan.events} events a round wait in the journals of two gateways, and the time runs from the start of the shipper until the last is committed. One PostgreSQL with fsync on, the shipper in one process, both on this machine.`,
        'Each event is deduplicated, added to its hour, rated, entered in the ledger (one transaction an organization and batch) and taken from the balance, in transactions of at most 1,000 events.',
        `The naive way posts each event in a transaction of its own by the same code over 8 connections; the median ratio is ${median(rates.many.map((each, round) => each / (rates.naive[round] ?? Number.NaN))).toFixed(0)}.`,
        'Visible means: a reader of all 1,000 balances, looking every 2 ms, sees that they have paid for this event and all before it.',
        'In the storm a stored event that was not acknowledged is one that reached the journal before its gateway was killed.',
      ],
    }
  } finally {
    await stand.close()
  }
}
