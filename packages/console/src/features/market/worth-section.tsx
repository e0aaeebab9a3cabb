/** What an hour of a GPU of the pool is worth now: who wants one at which worth, against what is for sale. */
import type { Worth } from '@spillway/contract'
import { type ReactElement, useMemo } from 'react'
import type { Answer } from '../../api/client.ts'
import { StepCurves } from '../../charts/step-curves.tsx'
import { Money } from '../../ui/figures.tsx'
import { approximateUsd, formatMoney, parsePicos } from '../../ui/format/money.ts'
import { formatCount, plural } from '../../ui/format/numbers.ts'
import { Empty } from '../../ui/notices.tsx'
import { KindWord, StateWord } from '../../ui/state-word.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { DataTable } from '../../ui/table/data-table.tsx'
import { renderDrawnUsd } from './price-shape.ts'

const HEIGHT = 232

type Benchmark = Answer<'getBenchmarkPrice'>

export function worthWords({ basis }: Benchmark): string {
  return basis === 'reserve' ? 'more is free than anybody wants' : 'as whoever has the last GPU'
}

/** What is below the reserve price is not sold to, room or not. */
const SERVED = {
  served: 'yes',
  no_room: 'no room',
  below_reserve: 'below the reserve price',
} as const

const COLUMNS: readonly TableColumn<Worth>[] = [
  {
    id: 'kind',
    header: 'Who',
    isWide: true,
    value: ({ kind }) => kind,
    cell: ({ kind, name }) =>
      kind === 'order' ? (
        'open orders'
      ) : (
        <span className="inline-flex gap-1.5">
          <KindWord kind={kind} />
          {name}
        </span>
      ),
  },
  {
    id: 'gpus',
    header: 'GPUs',
    isNumeric: true,
    value: ({ gpus }) => gpus,
    cell: ({ gpus }) => <span className="num">{formatCount(gpus)}</span>,
  },
  {
    id: 'worth',
    header: '$/GPU-h',
    isNumeric: true,
    value: ({ usdPerGpuHour }) => parsePicos(usdPerGpuHour),
    text: ({ usdPerGpuHour }) => usdPerGpuHour,
    cell: ({ usdPerGpuHour }) => <Money amount={usdPerGpuHour} />,
  },
  {
    id: 'served',
    header: 'Served',
    value: ({ whyNot }) => whyNot ?? '',
    text: ({ whyNot }) => SERVED[whyNot ?? 'served'],
    cell: ({ whyNot }) => (
      <StateWord tone={whyNot === null ? 'good' : 'idle'}>
        <span className="whitespace-normal">{SERVED[whyNot ?? 'served']}</span>
      </StateWord>
    ),
  },
]

interface WorthCurvesProps {
  readonly benchmark: Benchmark
  readonly reserveUsd: string
}

export function WorthSection({ benchmark, reserveUsd }: WorthCurvesProps): ReactElement {
  const { stack, gpusForSale, usdPerGpuHour } = benchmark
  const demand = useMemo(
    () =>
      stack.map(({ usdPerGpuHour: worth, gpus }) => ({
        price: approximateUsd(worth),
        quantity: gpus,
      })),
    [stack],
  )
  const wanted = stack.reduce((sum, { gpus }) => sum + gpus, 0)
  if (stack.length === 0)
    return (
      <Empty>
        Nobody but the owner has or wants GPUs of this pool now. Whoever does would be here, by what
        an hour is worth to them.
      </Empty>
    )
  return (
    <>
      <StepCurves
        label={`${plural(gpusForSale, 'GPU')} for sale, ${formatCount(wanted)} wanted; an hour is worth ${formatMoney(usdPerGpuHour)}`}
        supply={[{ price: approximateUsd(reserveUsd), quantity: gpusForSale }]}
        demand={demand}
        demandName="wanted"
        cleared={{
          quantity: Math.min(gpusForSale, wanted),
          price: approximateUsd(usdPerGpuHour),
        }}
        height={HEIGHT}
        formatPrice={renderDrawnUsd}
        quantityName="GPUs"
      />
      <DataTable
        label="Who wants GPUs"
        rows={stack}
        rowId={(row) =>
          `${row.kind} ${row.name ?? ''} ${row.usdPerGpuHour} ${String(row.isServed)}`
        }
        columns={COLUMNS}
        empty={null}
      />
    </>
  )
}
