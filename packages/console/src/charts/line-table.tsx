/** The same numbers as a chart of lines, as a table: the newest instant first, or the first of a simulated time. */
import { type ReactElement, useMemo } from 'react'
import { formatHour } from '../ui/format/time.ts'
import type { TableColumn } from '../ui/table/column.ts'
import { DataTable } from '../ui/table/data-table.tsx'
import type { LineDrawing } from './line-chart.tsx'

interface LineTableProps {
  readonly label: string
  readonly drawing: Pick<LineDrawing, 'seconds' | 'lines' | 'formatSecond'>
  readonly renderValue: (value: number) => string
}

interface Instant {
  readonly second: number
  readonly index: number
}

function iso({ second }: Instant): string {
  return new Date(second * 1000).toISOString()
}

export function LineTable({ label, drawing, renderValue }: LineTableProps): ReactElement {
  const { seconds, lines, formatSecond } = drawing
  const rows = useMemo(() => {
    const all = seconds.map((second, index): Instant => ({ second, index }))
    return formatSecond ? all : all.toReversed()
  }, [seconds, formatSecond])
  const columns = useMemo(
    (): readonly TableColumn<Instant>[] => [
      {
        id: 'from',
        header: formatSecond ? 'From' : 'From (UTC)',
        cell: (row) => (
          <span className="num">{formatSecond?.(row.second) ?? formatHour(iso(row))}</span>
        ),
        value: (row) => (formatSecond ? row.second : iso(row)),
      },
      ...lines.map((line): TableColumn<Instant> => {
        const value = ({ index }: Instant): number | null => line.values[index] ?? null
        return {
          id: line.id,
          header: line.label,
          isNumeric: true,
          value,
          cell: (row) => {
            const shown = value(row)
            return <span className="num">{shown === null ? '—' : renderValue(shown)}</span>
          },
        }
      }),
    ],
    [lines, renderValue, formatSecond],
  )
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
        rowId={({ second }) => String(second)}
        columns={columns}
        empty={null}
      />
    </div>
  )
}
