/** Which pool a page is about; where there are several, one is picked here. */
import type { Pool } from '@spillway/contract'
import type { ReactElement } from 'react'
import { slotsOfKind } from '../../ui/format/slots.ts'

interface PoolLineProps {
  readonly pools: readonly Pool[]
  readonly pool: Pool
  readonly onPick: (name: string) => void
}

export function PoolLine({ pools, pool, onPick }: PoolLineProps): ReactElement {
  return (
    <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
      {pools.length > 1 ? (
        <select
          aria-label="Pool"
          value={pool.name}
          onChange={(event) => onPick(event.target.value)}
          className="control font-medium text-text"
        >
          {pools.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      ) : (
        `pool ${pool.name} ·`
      )}{' '}
      {slotsOfKind(pool.slotsTotal, pool)} · region {pool.region}
    </span>
  )
}
