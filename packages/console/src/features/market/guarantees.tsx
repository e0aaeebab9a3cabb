/** Spot with a guarantee: what it costs at least, and how much of it the next window may sell. */
import type { ReactElement } from 'react'
import type { Answer } from '../../api/client.ts'
import { Money } from '../../ui/figures.tsx'
import { plural } from '../../ui/format/numbers.ts'
import { Facts } from '../../ui/page.tsx'

type Guarantee = Answer<'getReservePrice'>['guarantees'][number]

export function Guarantees({ guarantees }: { guarantees: readonly Guarantee[] }): ReactElement {
  return (
    <>
      <h3 className="mt-5 mb-1 font-bold">Not taken back for a while</h3>
      <Facts
        facts={guarantees.map(({ hours, reserveUsdPerGpuHour, gpusFree }) => [
          `${hours} h`,
          <span key={hours}>
            {gpusFree === 0 ? 'none is promised now' : `${plural(gpusFree, 'GPU')} may be promised`}
            , from <Money amount={reserveUsdPerGpuHour} per="h" />
          </span>,
        ])}
      />
    </>
  )
}
