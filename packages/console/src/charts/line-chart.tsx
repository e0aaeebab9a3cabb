/**
 * Lines over time, with bands. Pointing reads the values out, dragging zooms; the numbers belong beside it as a table,
 * which is what screen readers get.
 */
import type { ReactElement } from 'react'
import uPlot from 'uplot'
import { tokenColour } from '../ui/theme.ts'
import { bandPlaces, type LineSeries, type LineShape, nearestIndex, spreadOut } from './lines.ts'
import { type PlotHandlers, type PlotScales, type PlotSize, plotOptions } from './plot.ts'
import { Readout } from './readout.tsx'
import { type PlotKind, usePlot } from './use-plot.ts'

export interface LineDrawing extends LineShape {
  readonly top?: number | undefined
  readonly nowSecond?: number | undefined
  /** A value holds until the next instant, rather than on the way to it. */
  readonly isStepped?: boolean
  /** How an instant reads, where it is none of a calendar. */
  readonly formatSecond?: ((second: number) => string) | undefined
  readonly formatValue?: ((value: number) => string) | undefined
}

interface LineChartProps {
  readonly label: string
  readonly drawing: LineDrawing
  readonly height: number
  readonly renderValue: (value: number) => string
  readonly onZoom?: (fromSecond: number, toSecond: number) => void
}

const LINES: PlotKind<LineDrawing> = {
  options: lineOptions,
  dataOf: lineData,
  indexAt: ({ seconds }, second) => nearestIndex(seconds, second),
  lookOf: ({ lines }) => lines.map((each) => each.id).join(' '),
}

export function LineChart(props: LineChartProps): ReactElement {
  const { drawing, height, label, renderValue } = props
  const { frame, pointed, onPointerLeave } = usePlot(LINES, props)
  return (
    <div className="relative" onPointerLeave={onPointerLeave}>
      <div ref={frame} role="img" aria-label={label} style={{ height }} />
      {pointed && (
        <Readout
          second={drawing.seconds[pointed.index] ?? 0}
          left={pointed.left}
          lines={drawing.lines.map((line) => ({
            series: { id: line.id, label: line.label, colour: line.colour, isHatched: false },
            value: line.values[pointed.index] ?? null,
          }))}
          renderValue={renderValue}
          renderSecond={drawing.formatSecond}
        />
      )}
    </div>
  )
}

/** Where the scale ends: a last step is as wide as the one before it. */
function endOf({ seconds, isStepped = false }: LineDrawing): number {
  const last = seconds.at(-1) ?? 1
  return isStepped ? last + (last - (seconds.at(-2) ?? last - 1)) : last
}

function lineData(drawing: LineDrawing): uPlot.AlignedData {
  const { seconds, lines, isStepped = false } = drawing
  if (!isStepped) return [[...seconds], ...lines.map((line) => [...line.values])]
  const values = lines.map((line) => [...line.values, line.values.at(-1) ?? null])
  return [[...seconds, endOf(drawing)], ...values]
}

function lineSeries(
  { label, colour, isDashed = false }: LineSeries,
  isStepped: boolean,
): uPlot.Series {
  const steps = isStepped ? uPlot.paths.stepped?.({ align: 1 }) : undefined
  return {
    label,
    ...(steps ? { paths: steps } : {}),
    stroke: tokenColour(colour),
    width: 1.5,
    points: { show: false },
    ...(isDashed ? { dash: [5, 4] } : {}),
  }
}

/** Right of the plot, for the names of the lines. */
const LABEL_ROOM = 92
const LABEL_HEIGHT = 14
const LABEL_FONT = '"Inter Variable", system-ui, sans-serif'

/** Writes the name of each line behind its last value, apart from the others. */
function nameLines(read: () => LineDrawing): (plot: uPlot) => void {
  return (plot) => {
    const { lines } = read()
    const ends = lines.flatMap((line) => {
      const last = line.values.findLastIndex((value) => value !== null)
      const value = line.values[last] ?? null
      return value === null ? [] : [{ line, y: plot.valToPos(value, 'y', true) }]
    })
    const ratio = devicePixelRatio
    const { left, top, width, height } = plot.bbox
    const bounds = { from: top + 6 * ratio, to: top + height - 4 * ratio }
    const places = spreadOut(
      ends.map(({ y }) => y),
      { gap: LABEL_HEIGHT * ratio, ...bounds },
    )
    plot.ctx.save()
    plot.ctx.font = `${12 * ratio}px ${LABEL_FONT}`
    plot.ctx.textAlign = 'left'
    plot.ctx.textBaseline = 'middle'
    for (const [index, { line }] of ends.entries()) {
      plot.ctx.fillStyle = tokenColour(line.colour)
      plot.ctx.fillText(line.label, left + width + 6 * ratio, places[index] ?? 0)
    }
    plot.ctx.restore()
  }
}

/** How strongly a band is filled, as the last two digits of a colour. */
const BAND_ALPHA = '26'

function lineOptions(
  read: () => LineDrawing,
  handlers: PlotHandlers,
  size: PlotSize,
): uPlot.Options {
  const drawing = read()
  const places = bandPlaces(drawing)
  const options = plotOptions(() => scalesOf(read()), handlers, size)
  return {
    ...options,
    padding: [8, LABEL_ROOM, 0, 0],
    hooks: { ...options.hooks, draw: [...(options.hooks?.draw ?? []), nameLines(read)] },
    series: [{}, ...drawing.lines.map((line) => lineSeries(line, drawing.isStepped ?? false))],
    bands: (drawing.bands ?? []).map((band, index) => ({
      series: places[index] ?? [0, 0],
      fill: `${tokenColour(band.colour)}${BAND_ALPHA}`,
    })),
  }
}

function scalesOf(drawing: LineDrawing): PlotScales {
  const { seconds, top, nowSecond, formatValue, formatSecond } = drawing
  const fromSecond = seconds[0] ?? 0
  return { fromSecond, toSecond: endOf(drawing), top, nowSecond, formatValue, formatSecond }
}
