/** Lines over time as a chart or as a table, as the reader chose. */
import { lazy, type ReactElement, Suspense } from 'react'
import { BlockSkeleton } from '../ui/notices.tsx'
import type { LineDrawing } from './line-chart.tsx'
import { LineTable } from './line-table.tsx'

// The plotting library is the largest single part of the console; pages show without it first.
const LineChart = lazy(() =>
  import('./line-chart.tsx').then((module) => ({ default: module.LineChart })),
)

interface LineViewProps {
  /** What is drawn, in words. */
  readonly label: string
  readonly drawing: LineDrawing
  readonly height: number
  readonly isTable: boolean
  readonly renderValue: (value: number) => string
  readonly onZoom?: (fromSecond: number, toSecond: number) => void
}

export function LineView({ isTable, ...chart }: LineViewProps): ReactElement {
  if (isTable)
    return <LineTable label={chart.label} drawing={chart.drawing} renderValue={chart.renderValue} />
  return (
    <Suspense fallback={<BlockSkeleton height={chart.height} />}>
      <LineChart {...chart} label={`${chart.label}; the same numbers are in the table view`} />
    </Suspense>
  )
}
