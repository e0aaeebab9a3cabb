/**
 * A stack over time, as areas or bars. Pointing reads the values out, dragging zooms; the same numbers are one click
 * away as a table, which is also what screen readers get.
 */
import { type ReactElement, useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { useTheme } from '../ui/theme.ts'
import { Readout } from './readout.tsx'
import { type StackDrawing, stackData, stackOptions } from './stack-options.ts'
import { intervalAt } from './stack.ts'

interface StackChartProps {
  readonly label: string
  readonly drawing: StackDrawing
  readonly height: number
  readonly renderValue: (value: number) => string
  readonly onZoom?: (fromSecond: number, toSecond: number) => void
}

interface Pointed {
  readonly interval: number
  readonly left: number
}

export function StackChart(props: StackChartProps): ReactElement {
  const { drawing, height, onZoom } = props
  const frame = useRef<HTMLDivElement>(null)
  const [pointed, setPointed] = useState<Pointed | null>(null)
  const theme = useTheme()
  // New numbers every few seconds only replace the data; a new plot is made when the look of the layers changes.
  const latest = useRef({ drawing, onZoom })
  latest.current = { drawing, onZoom }
  const plotRef = useRef<uPlot | null>(null)
  const look = `${theme} ${drawing.mark} ${height} ${drawing.series.map((each) => each.id).join(' ')}`
  useEffect(() => {
    const element = frame.current
    if (element === null) return
    const plot = makePlot(element, { latest, height, onPoint: setPointed })
    plotRef.current = plot
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      plot.destroy()
      plotRef.current = null
    }
  }, [look, height])
  useEffect(() => {
    plotRef.current?.setData(stackData(drawing))
  }, [drawing])
  return (
    <div className="relative" onPointerLeave={() => setPointed(null)}>
      <div ref={frame} role="img" aria-label={props.label} style={{ height }} />
      {pointed && (
        <Readout
          second={drawing.edges[pointed.interval] ?? 0}
          left={pointed.left}
          lines={drawing.series.toReversed().map((series) => ({
            series,
            value: series.values[pointed.interval] ?? null,
          }))}
          renderValue={props.renderValue}
        />
      )}
    </div>
  )
}

interface PlotMaking {
  readonly latest: {
    readonly current: { drawing: StackDrawing; onZoom: StackChartProps['onZoom'] }
  }
  readonly height: number
  readonly onPoint: (pointed: Pointed | null) => void
}

function makePlot(element: HTMLElement, { latest, height, onPoint }: PlotMaking): uPlot {
  const live: StackDrawing = {
    get edges() {
      return latest.current.drawing.edges
    },
    get series() {
      return latest.current.drawing.series
    },
    get mark() {
      return latest.current.drawing.mark
    },
    get top() {
      return latest.current.drawing.top
    },
    get nowSecond() {
      return latest.current.drawing.nowSecond
    },
    get formatValue() {
      return latest.current.drawing.formatValue
    },
  }
  const handlers = {
    onCursor: (second: number | null, left: number) => {
      const interval = second === null ? null : intervalAt(live.edges, second)
      onPoint(interval === null ? null : { interval, left })
    },
    onZoom: latest.current.onZoom
      ? (from: number, to: number) => latest.current.onZoom?.(from, to)
      : undefined,
  }
  const size = { width: element.clientWidth, height }
  return new uPlot(stackOptions(live, handlers, size), stackData(live), element)
}
