/** How a stack is drawn with uPlot: layers from the top down, hairline grid, UTC time, hatching, the now rule. */
import uPlot from 'uplot'
import { formatSi } from '../ui/format/numbers.ts'
import { tokenColour } from '../ui/theme.ts'
import { cumulate, type StackSeries, type StackShape } from './stack.ts'

export interface StackDrawing extends StackShape {
  readonly mark: 'area' | 'bars'
  /** Top of the scale; the highest point when left out. */
  readonly top?: number | undefined
  readonly nowSecond?: number | undefined
  readonly formatValue?: ((value: number) => string) | undefined
}

export interface StackHandlers {
  readonly onCursor: (second: number | null, left: number) => void
  readonly onZoom?: ((fromSecond: number, toSecond: number) => void) | undefined
}

const AXIS_FONT = '11px "JetBrains Mono Variable", ui-monospace, monospace'
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

function axes(drawing: StackDrawing): uPlot.Axis[] {
  const shared: uPlot.Axis = {
    stroke: tokenColour('--muted'),
    font: AXIS_FONT,
    grid: { stroke: tokenColour('--line'), width: 1 },
    ticks: { show: false },
  }
  const format = drawing.formatValue ?? formatSi
  return [
    {
      ...shared,
      grid: { show: false },
      ticks: { show: true, stroke: tokenColour('--line-strong'), size: 4, width: 1 },
      size: 26,
      gap: 3,
      space: 76,
    },
    {
      ...shared,
      size: 52,
      gap: 6,
      space: 32,
      values: (_, values) => values.map((value) => format(value)),
    },
  ]
}

function nowRule(drawing: StackDrawing): (plot: uPlot) => void {
  return (plot) => {
    const { nowSecond, edges } = drawing
    // A range that ends now needs no rule at its very edge.
    const lastStart = edges.at(-2) ?? 0
    if (nowSecond === undefined || nowSecond >= lastStart) return
    const x = plot.valToPos(nowSecond, 'x', true)
    plot.ctx.save()
    plot.ctx.strokeStyle = tokenColour('--accent')
    plot.ctx.lineWidth = devicePixelRatio
    plot.ctx.beginPath()
    plot.ctx.moveTo(x, plot.bbox.top)
    plot.ctx.lineTo(x, plot.bbox.top + plot.bbox.height)
    plot.ctx.stroke()
    plot.ctx.restore()
  }
}

function readSelection(plot: uPlot, onZoom: StackHandlers['onZoom']): void {
  const { left, width } = plot.select
  if (width > 4) onZoom?.(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'))
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
}

export function stackOptions(
  drawing: StackDrawing,
  handlers: StackHandlers,
  size: { readonly width: number; readonly height: number },
): uPlot.Options {
  const first = drawing.edges[0] ?? 0
  const last = drawing.edges.at(-1) ?? first + 1
  return {
    ...size,
    legend: { show: false },
    padding: [8, 20, 0, 0],
    tzDate: (second) => uPlot.tzDate(new Date(second * 1000), 'Etc/UTC'),
    fmtDate: fmtUtc,
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: handlers.onZoom !== undefined, y: false, setScale: false },
      sync: { key: 'page', setSeries: false },
    },
    scales: {
      x: { time: true, range: () => [first, last] },
      y: {
        range: (_plot, _min, highest) => [0, drawing.top ?? (highest > 0 ? highest * 1.08 : 1)],
      },
    },
    axes: axes(drawing),
    series: [{}, ...drawing.series.toReversed().map((series) => layer(series, drawing.mark))],
    hooks: {
      setCursor: [
        (plot) => {
          const left = plot.cursor.left ?? -1
          handlers.onCursor(left < 0 ? null : plot.posToVal(left, 'x'), left)
        },
      ],
      setSelect: [(plot) => readSelection(plot, handlers.onZoom)],
      draw: [nowRule(drawing)],
    },
  }
}

/** 24-hour time and short dates whatever the browser's language; the page says once that it is UTC. */
function fmtUtc(template: string): (date: Date) => string {
  const hasTime = /\{(h|H|mm|ss|aa)\}/.test(template)
  const hasSeconds = template.includes('{ss}')
  const write = uPlot.fmtDate(hasTime ? (hasSeconds ? '{HH}:{mm}:{ss}' : '{HH}:{mm}') : '{D} {MMM}')
  return (date) => write(date)
}
