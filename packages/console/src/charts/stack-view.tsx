/** A stack over time as a chart with its key, or as a table, as the reader chose. */
import { lazy, type ReactElement, Suspense } from 'react'
import { BlockSkeleton } from '../ui/notices.tsx'
import type { StackDrawing } from './stack-options.ts'
import { StackTable } from './stack-table.tsx'
import { Swatch } from './swatch.tsx'

// The plotting library is the largest single part of the console; pages show without it first.
const StackChart = lazy(() =>
  import('./stack-chart.tsx').then((module) => ({ default: module.StackChart })),
)

interface StackViewProps {
  /** What is drawn, in words. */
  readonly label: string
  readonly drawing: StackDrawing
  readonly height: number
  readonly isTable: boolean
  readonly renderValue: (value: number) => string
}

export function StackView({ isTable, ...chart }: StackViewProps): ReactElement {
  const { label, drawing, height, renderValue } = chart
  if (isTable) return <StackTable label={label} shape={drawing} renderValue={renderValue} />
  return (
    <>
      <Suspense fallback={<BlockSkeleton height={height} />}>
        <StackChart {...chart} label={`${label}; the same numbers are in the table view`} />
      </Suspense>
      <ul className="mt-1 flex flex-wrap gap-x-4 gap-y-1 pl-[52px] text-12">
        {drawing.series.map((series) => (
          <li key={series.id} className="flex items-center gap-1.5">
            <Swatch series={series} />
            {series.label}
          </li>
        ))}
      </ul>
    </>
  )
}
