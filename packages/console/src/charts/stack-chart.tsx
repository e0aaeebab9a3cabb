/**
 * A stack over time, as areas or bars. Pointing reads the values out, dragging zooms; the same numbers are one click
 * away as a table, which is also what screen readers get.
 */
import { type ReactElement, useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { exactInstant } from '../ui/format/time.ts'
import { useTheme } from '../ui/theme.ts'
import { type StackDrawing, stackData, stackOptions } from './stack-options.ts'
import { intervalAt, type StackSeries } from './stack.ts'
import { Swatch } from './swatch.tsx'

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
      {pointed && <Readout {...props} pointed={pointed} />}
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

const AXIS_WIDTH = 52
const READOUT_WIDTH = 196

function Readout({
  drawing,
  renderValue,
  pointed,
}: StackChartProps & { pointed: Pointed }): ReactElement {
  const from = drawing.edges[pointed.interval] ?? 0
  const isRight = pointed.left < READOUT_WIDTH + 40
  const x = AXIS_WIDTH + pointed.left
  return (
    <div
      aria-hidden="true"
      className="pointer-events-none absolute top-2 z-10 rounded-base border border-line-strong bg-bg px-2.5 py-1.5"
      style={{ width: READOUT_WIDTH, left: isRight ? x + 12 : x - READOUT_WIDTH - 12 }}
    >
      <p className="num mb-1 text-12 text-muted">
        {exactInstant(new Date(from * 1000).toISOString()).replace(/:\d\d\.\d+/, '')}
      </p>
      {drawing.series.toReversed().map((series) => (
        <ReadoutLine
          key={series.id}
          series={series}
          value={series.values[pointed.interval]}
          renderValue={renderValue}
        />
      ))}
    </div>
  )
}

interface ReadoutLineProps {
  readonly series: StackSeries
  readonly value: number | null | undefined
  readonly renderValue: (value: number) => string
}

function ReadoutLine({ series, value, renderValue }: ReadoutLineProps): ReactElement {
  return (
    <p className="flex items-center gap-1.5">
      <Swatch series={series} />
      <span className="flex-1 truncate">{series.label}</span>
      <span className="num">
        {value === null || value === undefined ? '—' : renderValue(value)}
      </span>
    </p>
  )
}
