/** How a stack is drawn with uPlot: layers from the top down, bars or steps, hatching. */
import uPlot from 'uplot'
import { tokenColour } from '../ui/theme.ts'
import { type PlotHandlers, type PlotScales, type PlotSize, plotOptions } from './plot.ts'
import { cumulate, type StackSeries, type StackShape } from './stack.ts'

export interface StackDrawing extends StackShape {
  readonly mark: 'area' | 'bars'
  /** Top of the scale; the highest point when left out. */
  readonly top?: number | undefined
  readonly nowSecond?: number | undefined
  readonly formatValue?: ((value: number) => string) | undefined
  /** How an instant reads, where it is none of a calendar. */
  readonly formatSecond?: ((second: number) => string) | undefined
}

const HATCH_SIZE = 6

/** The data in drawing order: the topmost layer first, each painted over by the next. */
export function stackData(drawing: StackDrawing): uPlot.AlignedData {
  return [[...drawing.edges], ...cumulate(drawing).toReversed()]
}

function hatch(colour: string): CanvasPattern | string {
  const tile = document.createElement('canvas')
  tile.width = tile.height = HATCH_SIZE
  const context = tile.getContext('2d')
  if (context === null) return colour
  context.fillStyle = colour
  context.fillRect(0, 0, HATCH_SIZE, HATCH_SIZE)
  context.strokeStyle = tokenColour('--hatch')
  context.lineWidth = 1.5
  context.beginPath()
  context.moveTo(0, HATCH_SIZE)
  context.lineTo(HATCH_SIZE, 0)
  context.stroke()
  return context.createPattern(tile, 'repeat') ?? colour
}

function layer(series: StackSeries, mark: StackDrawing['mark']): uPlot.Series {
  const bars = uPlot.paths.bars?.({ size: [0.82, 48], align: 1 })
  const steps = uPlot.paths.stepped?.({ align: 1 })
  const paths = mark === 'bars' ? bars : steps
  const shared: uPlot.Series = {
    label: series.label,
    points: { show: false },
    ...(paths ? { paths } : {}),
  }
  if (series.colour === null)
    // What lies under the free edge is painted over by the layers below; the edge itself is the capacity line.
    return { ...shared, stroke: tokenColour('--line-strong'), width: 1, dash: [3, 3] }
  const colour = tokenColour(series.colour)
  return {
    ...shared,
    fill: () => (series.isHatched ? hatch(colour) : colour),
    stroke: tokenColour('--bg'),
    width: 1,
  }
}

function scalesOf(drawing: StackDrawing): PlotScales {
  const { edges, nowSecond, top, formatValue, formatSecond } = drawing
  const fromSecond = edges[0] ?? 0
  const toSecond = edges.at(-1) ?? fromSecond + 1
  // A range that ends now needs no rule at its very edge.
  const isInside = nowSecond !== undefined && nowSecond < (edges.at(-2) ?? 0)
  return {
    ...{ fromSecond, toSecond, top, formatValue, formatSecond },
    nowSecond: isInside ? nowSecond : undefined,
  }
}

export function stackOptions(
  read: () => StackDrawing,
  handlers: PlotHandlers,
  size: PlotSize,
): uPlot.Options {
  const drawing = read()
  const series = drawing.series.toReversed().map((each) => layer(each, drawing.mark))
  return { ...plotOptions(() => scalesOf(read()), handlers, size), series: [{}, ...series] }
}
