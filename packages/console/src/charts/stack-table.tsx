/** The same numbers as the chart, as a table: the newest interval first, or the first of a simulated time. */
import { type ReactElement, useMemo } from 'react'
import { formatHour } from '../ui/format/time.ts'
import type { TableColumn } from '../ui/table/column.ts'
import { DataTable } from '../ui/table/data-table.tsx'
import type { StackDrawing } from './stack-options.ts'
import type { StackShape } from './stack.ts'

interface StackTableProps {
  readonly label: string
  readonly shape: StackShape & Pick<StackDrawing, 'formatSecond'>
  readonly renderValue: (value: number) => string
}

interface Interval {
  readonly from: number
  readonly index: number
}

export function StackTable({ label, shape, renderValue }: StackTableProps): ReactElement {
  const rows = useMemo(() => {
    const all = shape.edges.slice(0, -1).map((from, index): Interval => ({ from, index }))
    return shape.formatSecond ? all : all.toReversed()
  }, [shape])
  const columns = useMemo((): TableColumn<Interval>[] => {
    const instant = (row: Interval): string => new Date(row.from * 1000).toISOString()
    return [
      {
        id: 'from',
        header: shape.formatSecond ? 'From' : 'From (UTC)',
        cell: (row) => (
          <span className="num">{shape.formatSecond?.(row.from) ?? formatHour(instant(row))}</span>
        ),
        value: shape.formatSecond ? ({ from }) => from : instant,
      },
      ...shape.series.map((series): TableColumn<Interval> => {
        const value = (row: Interval): number | null => series.values[row.index] ?? null
        return {
          id: series.id,
          header: series.label,
          isNumeric: true,
          value,
          cell: (row) => {
            const shown = value(row)
            return <span className="num">{shown === null ? '—' : renderValue(shown)}</span>
          },
        }
      }),
    ]
  }, [shape, renderValue])
  return (
    <div
      className="max-h-[320px] overflow-y-auto [&_th]:top-0"
      tabIndex={0}
      role="region"
      aria-label={label}
    >
      <DataTable
        label={label}
        rows={rows}
        rowId={(row) => String(row.from)}
        columns={columns}
        empty={null}
      />
    </div>
  )
}
