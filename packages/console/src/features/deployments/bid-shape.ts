/** Bids of a deployment over time, shaped for the charts. Pure; the floats are for drawing alone. */
import type { Bid } from '@spillway/contract'
import type { LineShape } from '../../charts/lines.ts'
import { approximateUsd } from '../../ui/format/money.ts'

function usdOf(amount: string | null): number | null {
  return amount === null ? null : approximateUsd(amount)
}

const secondsOf = (points: readonly Bid[]) => points.map(({ at }) => Date.parse(at) / 1000)

/** What the last replica and one more are worth, against what their GPU sells for. */
export function toBidShape(points: readonly Bid[]): LineShape {
  return {
    seconds: secondsOf(points),
    lines: [
      {
        ...{ id: 'bid', label: 'last replica', colour: '--kind-serving' },
        values: points.map(({ bidUsd }) => usdOf(bidUsd)),
      },
      {
        ...{ id: 'next', label: 'one more', colour: '--kind-serving', isDashed: true },
        values: points.map(({ bidNextUsd }) => usdOf(bidNextUsd)),
      },
      {
        ...{ id: 'price', label: 'an hour', colour: '--text' },
        values: points.map(({ askUsd }) => usdOf(askUsd)),
      },
    ],
  }
}

/** Replicas that were wanted and that served, and what was wanted of them. */
export function toReplicaShape(points: readonly Bid[]): LineShape {
  return {
    seconds: secondsOf(points),
    lines: [
      {
        ...{ id: 'ready', label: 'serve', colour: '--kind-serving' },
        values: points.map(({ replicasReady }) => replicasReady),
      },
      {
        ...{ id: 'wanted', label: 'wanted', colour: '--text', isDashed: true },
        values: points.map(({ replicasTo }) => replicasTo),
      },
      {
        ...{ id: 'demand', label: 'demand', colour: '--accent' },
        values: points.map(({ demand }) => demand),
      },
    ],
  }
}

/** The bid that decided a move, and the price that it was held against. */
export function decidedBy(move: Bid): {
  readonly bidUsd: string | null
  readonly priceUsd: string
} {
  const isRise = move.replicasTo > move.replicasFrom
  return {
    bidUsd: isRise ? move.bidNextUsd : move.bidUsd,
    priceUsd: isRise ? move.askUsd : move.sellUsd,
  }
}
