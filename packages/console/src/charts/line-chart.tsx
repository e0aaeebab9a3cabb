/**
 * Lines over time, with bands. Pointing reads the values out, dragging zooms; the numbers belong beside it as a table,
 * which is what screen readers get.
 */
import { type ReactElement, useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { tokenColour, useTheme } from '../ui/theme.ts'
import { bandPlaces, type LineSeries, type LineShape, nearestIndex } from './lines.ts'
import { type PlotHandlers, type PlotScales, plotOptions } from './plot.ts'
import { Readout } from './readout.tsx'

export interface LineDrawing extends LineShape {
  readonly top?: number | undefined
  readonly nowSecond?: number | undefined
  readonly formatValue?: ((value: number) => string) | undefined
}

interface LineChartProps {
  readonly label: string
  readonly drawing: LineDrawing
  readonly height: number
  readonly renderValue: (value: number) => string
  readonly onZoom?: (fromSecond: number, toSecond: number) => void
}

interface Pointed {
  readonly index: number
  readonly left: number
}

export function LineChart(props: LineChartProps): ReactElement {
  const { drawing, height, onZoom } = props
  const frame = useRef<HTMLDivElement>(null)
  const [pointed, setPointed] = useState<Pointed | null>(null)
  const theme = useTheme()
  // New numbers every few seconds only replace the data; a new plot is made when the look of the lines changes.
  const latest = useRef({ drawing, onZoom })
  latest.current = { drawing, onZoom }
  const plotRef = useRef<uPlot | null>(null)
  const look = `${theme} ${height} ${drawing.lines.map((each) => each.id).join(' ')}`
  useEffect(() => {
    const element = frame.current
    if (element === null) return
    const handlers: PlotHandlers = {
      onCursor: (second, left) => {
        const index = second === null ? null : nearestIndex(latest.current.drawing.seconds, second)
        setPointed(index === null ? null : { index, left })
      },
      onZoom: latest.current.onZoom ? (from, to) => latest.current.onZoom?.(from, to) : undefined,
    }
    const size = { width: element.clientWidth, height }
    const plot = new uPlot(
      lineOptions(() => latest.current.drawing, handlers, size),
      lineData(latest.current.drawing),
      element,
    )
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
    plotRef.current?.setData(lineData(drawing))
  }, [drawing])
  return (
    <div className="relative" onPointerLeave={() => setPointed(null)}>
      <div ref={frame} role="img" aria-label={props.label} style={{ height }} />
      {pointed && (
        <Readout
          second={drawing.seconds[pointed.index] ?? 0}
          left={pointed.left}
          lines={drawing.lines.map((line) => ({
            series: { id: line.id, label: line.label, colour: line.colour, isHatched: false },
            value: line.values[pointed.index] ?? null,
          }))}
          renderValue={props.renderValue}
        />
      )}
    </div>
  )
}

function lineData({ seconds, lines }: LineDrawing): uPlot.AlignedData {
  return [[...seconds], ...lines.map((line) => [...line.values])]
}

function lineSeries({ label, colour, isDashed = false }: LineSeries): uPlot.Series {
  return {
    label,
    stroke: tokenColour(colour),
    width: 1.5,
    points: { show: false },
    ...(isDashed ? { dash: [5, 4] } : {}),
  }
}

/** How strongly a band is filled, as the last two digits of a colour. */
const BAND_ALPHA = '26'

function lineOptions(
  read: () => LineDrawing,
  handlers: PlotHandlers,
  size: { readonly width: number; readonly height: number },
): uPlot.Options {
  const drawing = read()
  const places = bandPlaces(drawing)
  return {
    ...plotOptions(() => scalesOf(read()), handlers, size),
    series: [{}, ...drawing.lines.map(lineSeries)],
    bands: (drawing.bands ?? []).map((band, index) => ({
      series: places[index] ?? [0, 0],
      fill: `${tokenColour(band.colour)}${BAND_ALPHA}`,
    })),
  }
}

function scalesOf({ seconds, top, nowSecond, formatValue }: LineDrawing): PlotScales {
  const fromSecond = seconds[0] ?? 0
  return { fromSecond, toSecond: seconds.at(-1) ?? fromSecond + 1, top, nowSecond, formatValue }
}
