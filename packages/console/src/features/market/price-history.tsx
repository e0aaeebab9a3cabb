/** What a tier of a pool cost over time: the median, and between which prices four of five windows were. */
import type { Pool, Tier } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { type ReactElement, useMemo } from 'react'
import { Answered } from '../../api/answered.tsx'
import { call } from '../../api/client.ts'
import { LineView } from '../../charts/line-view.tsx'
import { kindLook } from '../../ui/claim-kind.ts'
import { serverNowMs } from '../../ui/clock.ts'
import { BlockSkeleton, Empty } from '../../ui/notices.tsx'
import {
  isEmpty,
  type PriceRange,
  priceQuery,
  renderDrawnUsd,
  toPriceShape,
} from './price-shape.ts'

const HEIGHT = 248
const POLL_MS = 30_000

interface PriceHistoryProps {
  readonly pool: Pool
  readonly tier: Tier
  readonly range: PriceRange
  readonly isTable: boolean
}

export function PriceHistory({ pool, tier, range, isTable }: PriceHistoryProps): ReactElement {
  const query = useQuery({
    queryKey: ['listPrices', pool.name, tier, range],
    queryFn: ({ signal }) => {
      const wish = { tier, ...priceQuery(range, serverNowMs()) }
      return call('listPrices', { params: { pool: pool.name }, query: wish }, { signal })
    },
    refetchInterval: POLL_MS,
    placeholderData: (before) => before,
  })
  const drawing = useMemo(() => {
    const shape = toPriceShape(query.data?.points ?? [], kindLook(tier).colour ?? '--accent')
    return { ...shape, formatValue: renderDrawnUsd, isStepped: true }
  }, [query.data, tier])
  return (
    <Answered query={query} skeleton={<BlockSkeleton height={HEIGHT} />}>
      {() =>
        isEmpty(drawing) ? (
          <Empty>
            {tier === 'spot'
              ? 'No window was cleared in this time; its prices would be drawn here. The first order makes the first.'
              : 'No price was in force in this time.'}
          </Empty>
        ) : (
          <LineView
            label={`Price of ${kindLook(tier).word} on ${pool.name} over time, per GPU-hour`}
            drawing={drawing}
            height={HEIGHT}
            isTable={isTable}
            renderValue={renderDrawnUsd}
          />
        )
      }
    </Answered>
  )
}
