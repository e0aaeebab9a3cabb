/** The market of a simulated variant, shaped for charts: who has the GPUs, forecast and demand, prices, what could be sold. Pure. */
import type { SimulationMarket, SimulationTier, SimulationVariant } from '@spillway/contract'
import type { Corner, Step } from '../../charts/curves.ts'
import type { LineShape } from '../../charts/lines.ts'
import type { StackSeries, StackShape } from '../../charts/stack.ts'
import { withoutEmpty } from '../../charts/stack.ts'

const HOUR_S = 3600

/** A tier that claims do not know by itself has the look of its kind, lighter. */
const TIER_LOOKS: readonly (readonly [tier: SimulationTier, label: string, colour: string])[] = [
  ['serving', 'tokens', '--kind-serving'],
  ['on_demand', 'on demand', '--kind-on-demand'],
  ['guaranteed', 'guaranteed spot', '--series-4'],
  ['spot', 'spot', '--kind-spot'],
  ['flex', 'flex', '--kind-flex'],
]

function edgesOf(stepHours: number, steps: number): number[] {
  return Array.from({ length: steps + 1 }, (_, step) => step * stepHours * HOUR_S)
}

function layer(
  id: string,
  label: string,
  { colour, values }: Pick<StackSeries, 'colour' | 'values'>,
): StackSeries {
  return { id, label, colour, isHatched: false, values }
}

/** Who has the GPUs of the pools, step by step, up to all there are. */
export function toUse({ timeline }: Pick<SimulationVariant, 'timeline'>): StackShape {
  const { stepHours, capacityGpus, reservedGpus, anchorGpus, soldGpus, soldByTier } = timeline
  const sold = soldByTier
    ? TIER_LOOKS.map(([tier, label, colour]) =>
        layer(tier, label, { colour, values: soldByTier[tier] ?? [] }),
      )
    : [layer('spot', 'spot', { colour: '--kind-spot', values: soldGpus })]
  const used = anchorGpus.map((anchor, step) => anchor + (soldGpus[step] ?? 0) + reservedGpus)
  return {
    edges: edgesOf(stepHours, anchorGpus.length),
    series: [
      ...withoutEmpty([
        layer('anchor', 'owner', { colour: '--kind-anchor', values: anchorGpus }),
        layer('reserved', 'reserved', {
          colour: '--kind-reserved',
          values: anchorGpus.map(() => reservedGpus),
        }),
        ...sold,
      ]),
      layer('free', 'free', {
        colour: null,
        values: used.map((gpus) => Math.max(0, capacityGpus - gpus)),
      }),
    ],
  }
}

/** Of each hour what was forecast of the owner's peak at its beginning, and what came. */
export function toForecast({ forecast }: Pick<SimulationMarket, 'forecast'>): LineShape {
  const { likelyGpus, p90Gpus, p99Gpus, cameGpus } = forecast
  const colour = '--series-1'
  return {
    seconds: cameGpus.map((_, hour) => hour * HOUR_S),
    lines: [
      { id: 'p99', label: 'P99', colour, isDashed: true, values: p99Gpus },
      { id: 'p90', label: 'P90', colour, isDashed: true, values: p90Gpus },
      { id: 'likely', label: 'P50', colour, values: likelyGpus },
      { id: 'came', label: 'came', colour: '--series-6', values: cameGpus },
    ],
    bands: [{ upper: 'p99', lower: 'likely', colour }],
  }
}

/** What a GPU-hour cost in the windows of plain spot, the least it could, and what it was worth. */
export function toPrices({ price }: Pick<SimulationMarket, 'price'>): LineShape {
  const { stepHours, clearedUsd, reserveUsd, benchmarkUsd } = price
  return {
    seconds: clearedUsd.map((_, step) => step * stepHours * HOUR_S),
    lines: [
      { id: 'worth', label: 'worth', colour: '--series-3', values: benchmarkUsd },
      { id: 'cleared', label: 'cleared', colour: '--kind-spot', values: clearedUsd },
      { id: 'reserve', label: 'reserve', colour: '--muted', isDashed: true, values: reserveUsd },
    ],
  }
}

const SUPPLY_COLOURS: Readonly<Record<string, string>> = {
  reserved: '--kind-reserved',
  spot: '--kind-spot',
  flex: '--kind-flex',
}
const GUARANTEED_COLOURS: Readonly<Record<number, string>> = {
  4: '--series-7',
  2: '--series-4',
  1: '--series-5',
}

/** What could be sold of each tier: as each is a part of the looser, a layer is what it adds to the firmer. */
export function toSupply({ supply }: Pick<SimulationMarket, 'supply'>): StackShape | null {
  const [first] = supply?.tiers ?? []
  if (!supply || !first) return null
  let below: readonly (number | null)[] = first.gpus.map(() => 0)
  const series = supply.tiers.map(({ tier, hours, gpus }) => {
    const firmer = below
    below = gpus.map((each, step) => (each === null ? null : Math.max(each, firmer[step] ?? 0)))
    const isGuaranteed = tier === 'guaranteed'
    const colour = isGuaranteed
      ? (GUARANTEED_COLOURS[hours ?? 0] ?? '--series-4')
      : (SUPPLY_COLOURS[tier] ?? '--muted')
    return layer(`${tier}-${hours ?? ''}`, isGuaranteed ? `spot for ${hours} h` : tier, {
      colour,
      values: below.map((each, step) => (each === null ? null : each - (firmer[step] ?? 0))),
    })
  })
  return { edges: edgesOf(supply.stepHours, first.gpus.length), series: withoutEmpty(series) }
}

export interface Line {
  readonly supply: readonly Step[]
  readonly demand: readonly Step[]
  readonly cleared: Corner
}

/** Who had and wanted GPUs in the middle of the horizon, by what an hour was worth to each, against what was for sale. */
export function toLine({ stack, price }: Pick<SimulationMarket, 'stack' | 'price'>): Line | null {
  if (!stack || stack.items.length === 0) return null
  const step = Math.floor(stack.atHours / price.stepHours)
  const wanted = stack.items.reduce((sum, { gpus }) => sum + gpus, 0)
  return {
    supply: [{ price: price.reserveUsd[step] ?? 0, quantity: stack.gpusForSale }],
    demand: stack.items.map(({ usdPerGpuHour, gpus }) => ({
      price: usdPerGpuHour,
      quantity: gpus,
    })),
    cleared: { price: stack.usdPerGpuHour, quantity: Math.min(wanted, stack.gpusForSale) },
  }
}

/** The highest of some lines, for a scale that several charts share. */
export function highest(shapes: readonly LineShape[]): number {
  let most = 0
  for (const { lines } of shapes)
    for (const { values } of lines) for (const value of values) most = Math.max(most, value ?? 0)
  return most
}
