/** What capacity that is kept for the owner's work, and stood idle, would have cost; for the operator. */
import type { ReactElement } from 'react'
import type { Answer } from '../../api/client.ts'
import { Money } from '../../ui/figures.tsx'
import { formatCount, formatGpuTime } from '../../ui/format/numbers.ts'
import { exactInstant } from '../../ui/format/time.ts'
import { Facts } from '../../ui/page.tsx'

export function TransferSection({
  transfer,
}: {
  transfer: Answer<'getTransferPrice'>
}): ReactElement {
  const { slotsKept, keptGpuMs, idleGpuMs, usdPerGpuHour, chargeUsd, posted, from, to } = transfer
  return (
    <>
      <Facts
        facts={[
          ['Kept now', `${formatCount(slotsKept)} slots`],
          ['Kept in this time', formatGpuTime(keptGpuMs)],
          ['Of it idle', formatGpuTime(idleGpuMs)],
          ['Price of an hour', <Money key="price" amount={usdPerGpuHour} />],
          ['Would have cost', <Money key="charge" amount={chargeUsd} />],
          ['Posted for work', <Money key="used" amount={posted.usedUsd} />],
          ['Posted for idle', <Money key="kept" amount={posted.keptUsd} />],
        ]}
      />
      <p className="mt-2 text-12 text-muted">
        {exactInstant(from)} to {exactInstant(to)}, at the median price of spot.{' '}
        {posted.isOn
          ? 'Full hours are posted in the owner\u2019s books.'
          : 'The fleet file has switched posting off.'}
      </p>
    </>
  )
}
