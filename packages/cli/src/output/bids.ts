/** How the bids of a deployment read: what each replica is worth, the price of an hour, and each move with its reason. Pure. */
import type { Api, Bid, Deployment } from '@spillway/contract'
import type { z } from 'zod'
import { group, renderAmount, renderSeconds } from './amount.ts'
import { type Column, renderFields, renderTable, type TableOptions } from './table.ts'
import { renderClock } from './time.ts'

type Bids = z.output<Api['listBids']['returns']>

const CENTS = 4

function usd(amount: string | null): string {
  return amount === null ? 'not known yet' : renderAmount(amount, CENTS)
}

function duration(ms: number | null): string {
  return ms === null ? 'not measured yet' : `${renderSeconds(BigInt(ms))} s`
}

/** `0 to 4, now 2`, or the fixed number. */
export function renderBounds(deployment: Deployment): string {
  const { policy, replicasMin, replicasMax, replicasWanted } = deployment
  if (policy === 'fixed') return `${replicasWanted}, fixed`
  return `${replicasMin} to ${replicasMax}, now ${replicasWanted}`
}

export function renderBids(bids: Bids, nowMs: number, options: TableOptions): string {
  const { deployment, measured, points, moves, coldStarts } = bids
  const last = points.at(-1)
  const isIdling = deployment.policy === 'autoscale' && deployment.replicasMin === 0
  const fields = renderFields(
    [
      ['model', deployment.model],
      ['replicas', renderBounds(deployment)],
      ['none after', isIdling ? `${duration(deployment.idleMs)} without a request` : null],
      ['turns after', `${duration(deployment.steadyMs)}, beyond ${deployment.bandPercent} %`],
      ['cold start', duration(deployment.coldStartMs)],
      [
        'at work',
        measured.tokensPerSecondBusy === null
          ? 'not measured yet'
          : `${group(Math.round(measured.tokensPerSecondBusy))} tokens/s, worth ${usd(measured.fullEarningUsd)} USD/h`,
      ],
      ['energy', `${usd(measured.energyUsdPerGpuHour)} USD/GPU-h`],
      ['last bid', last ? `${usd(last.bidUsd)} USD/GPU-h` : null],
      ['next bid', last ? `${usd(last.bidNextUsd)} USD/GPU-h` : null],
      ['an hour sells', last ? `${usd(last.askUsd)} USD (${last.askBasis})` : null],
      ['so', last?.text ?? 'nobody has looked at it yet'],
      ['cold starts', coldStarts.length === 0 ? null : group(coldStarts.length)],
    ],
    options.paint,
  )
  if (moves.length === 0) return `${fields}\n\nno replica was started or drained yet`
  return `${fields}\n\n${renderTable(moveColumns(nowMs), moves, options)}`
}

function moveColumns(nowMs: number): readonly Column<Bid>[] {
  return [
    { heading: 'AT, UTC', cell: ({ at }) => renderClock(at, nowMs), colour: () => 'dim' },
    {
      heading: 'REPLICAS',
      align: 'right',
      cell: ({ replicasFrom, replicasTo }) => `${replicasFrom} to ${replicasTo}`,
      colour: ({ replicasFrom, replicasTo }) => (replicasTo > replicasFrom ? 'green' : 'yellow'),
    },
    { heading: 'BID', align: 'right', cell: (bid) => usd(bidOf(bid)) },
    { heading: 'PRICE', align: 'right', cell: (bid) => usd(priceOf(bid)) },
    { heading: 'WHY', isFlexible: true, cell: ({ text }) => text },
  ]
}

/** The bid that decided: of one more where it rose, of the last where it fell. */
function bidOf({ replicasFrom, replicasTo, bidUsd, bidNextUsd }: Bid): string | null {
  return replicasTo > replicasFrom ? bidNextUsd : bidUsd
}

function priceOf({ replicasFrom, replicasTo, askUsd, sellUsd }: Bid): string {
  return replicasTo > replicasFrom ? askUsd : sellUsd
}
