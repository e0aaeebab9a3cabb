/** A clearing drawn: what was for sale against the bids, and the point at which it cleared. */
import type { ClearingLog } from '@spillway/contract'
import { type ReactElement, useMemo } from 'react'
import { StepCurves } from '../../charts/step-curves.tsx'
import { formatMoney } from '../../ui/format/money.ts'
import { plural } from '../../ui/format/numbers.ts'
import { toMarket } from './bid-stack.ts'
import { renderDrawnUsd } from './price-shape.ts'

const HEIGHT = 264

export function ClearingCurves({ log }: { log: ClearingLog }): ReactElement {
  const market = useMemo(() => toMarket(log), [log])
  const { gpusSold } = log.figures
  return (
    <StepCurves
      label={`${plural(log.gpusMax, 'GPU')} for sale from ${formatMoney(log.reserveUsd)}, ${plural(log.bids.length, 'bid')}; ${gpusSold} sold at ${formatMoney(log.priceUsd)}`}
      supply={market.supply}
      demand={market.demand}
      cleared={market.cleared}
      height={HEIGHT}
      formatPrice={renderDrawnUsd}
      quantityName="GPUs"
    />
  )
}
