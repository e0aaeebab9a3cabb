/**
 * A stack over time, as areas or bars. Pointing reads the values out, dragging zooms; the same numbers are one click
 * away as a table, which is also what screen readers get.
 */
import type { ReactElement } from 'react'
import { Readout } from './readout.tsx'
import { type StackDrawing, stackData, stackOptions } from './stack-options.ts'
import { intervalAt } from './stack.ts'
import { type PlotKind, usePlot } from './use-plot.ts'

interface StackChartProps {
  readonly label: string
  readonly drawing: StackDrawing
  readonly height: number
  readonly renderValue: (value: number) => string
  readonly onZoom?: (fromSecond: number, toSecond: number) => void
}

const STACK: PlotKind<StackDrawing> = {
  options: stackOptions,
  dataOf: stackData,
  indexAt: ({ edges }, second) => intervalAt(edges, second),
  lookOf: ({ mark, series }) => `${mark} ${series.map((each) => each.id).join(' ')}`,
}

export function StackChart(props: StackChartProps): ReactElement {
  const { drawing, height, label, renderValue } = props
  const { frame, pointed, onPointerLeave } = usePlot(STACK, props)
  return (
    <div className="relative" onPointerLeave={onPointerLeave}>
      <div ref={frame} role="img" aria-label={label} style={{ height }} />
      {pointed && (
        <Readout
          second={drawing.edges[pointed.index] ?? 0}
          left={pointed.left}
          lines={drawing.series.toReversed().map((series) => ({
            series,
            value: series.values[pointed.index] ?? null,
          }))}
          renderValue={renderValue}
          renderSecond={drawing.formatSecond}
        />
      )}
    </div>
  )
}
