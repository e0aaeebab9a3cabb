/** Who had and wanted GPUs of a simulated pool at one moment, by what an hour was worth to each; as curves or as a table. */
import type { SimulationMarket } from '@spillway/contract'
import { type ReactElement, useMemo } from 'react'
import { StepCurves } from '../../charts/step-curves.tsx'
import { formatCount, plural } from '../../ui/format/numbers.ts'
import { Empty } from '../../ui/notices.tsx'
import { KindWord, StateWord } from '../../ui/state-word.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { DataTable } from '../../ui/table/data-table.tsx'
import { renderDrawnUsd } from '../market/price-shape.ts'
import { toLine } from './market-shapes.ts'
import { formatSimulated } from './measures.ts'

const HEIGHT = 232

type Item = NonNullable<SimulationMarket['stack']>['items'][number]

const COLUMNS: readonly TableColumn<Item>[] = [
  {
    id: 'kind',
    header: 'Who',
    value: ({ kind }) => kind,
    cell: ({ kind }) => (kind === 'order' ? 'open orders' : <KindWord kind={kind} />),
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
    value: ({ usdPerGpuHour }) => usdPerGpuHour,
    cell: ({ usdPerGpuHour }) => <span className="num">{renderDrawnUsd(usdPerGpuHour)}</span>,
  },
  {
    id: 'served',
    header: 'Served',
    value: ({ isServed }) => String(isServed),
    cell: ({ isServed }) => (
      <StateWord tone={isServed ? 'good' : 'idle'}>{isServed ? 'yes' : 'no room'}</StateWord>
    ),
  },
]

interface WorthLineProps {
  readonly market: SimulationMarket
  readonly name: string
  readonly isTable: boolean
}

export function WorthLine({ market, name, isTable }: WorthLineProps): ReactElement {
  const line = useMemo(() => toLine(market), [market])
  const { stack } = market
  if (!line || !stack)
    return <Empty>Nobody but the owner had or wanted GPUs in the middle of the horizon.</Empty>
  if (isTable)
    return (
      <div
        className="max-h-[320px] overflow-y-auto [&_th]:top-0"
        tabIndex={0}
        role="region"
        aria-label={`Who wanted GPUs, in ${name}`}
      >
        <DataTable
          label={`Who wanted GPUs, in ${name}`}
          rows={stack.items}
          rowId={(row) => `${row.kind} ${row.usdPerGpuHour} ${String(row.isServed)}`}
          columns={COLUMNS}
          empty={null}
        />
      </div>
    )
  const at = formatSimulated(stack.atHours * 3600)
  return (
    <StepCurves
      label={`${plural(stack.gpusForSale, 'GPU')} for sale on ${at}, in ${name}; an hour was worth ${renderDrawnUsd(stack.usdPerGpuHour)}; the same numbers are in the table view`}
      supply={line.supply}
      demand={line.demand}
      demandName="wanted"
      cleared={line.cleared}
      height={HEIGHT}
      formatPrice={renderDrawnUsd}
      quantityName="GPUs"
    />
  )
}
