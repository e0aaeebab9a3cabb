/** What every chart over time shares: hairline grid, UTC time, the now rule, dragging to choose a range, one cursor a page. */
import uPlot from 'uplot'
import { formatSi } from '../ui/format/numbers.ts'
import { tokenColour } from '../ui/theme.ts'

export interface PlotHandlers {
  readonly onCursor: (second: number | null, left: number) => void
  readonly onZoom?: ((fromSecond: number, toSecond: number) => void) | undefined
}

export interface PlotSize {
  readonly width: number
  readonly height: number
}

/** What is on the scales of a chart; read again at each drawing. */
export interface PlotScales {
  readonly fromSecond: number
  readonly toSecond: number
  /** Top of the scale; the highest point when left out. */
  readonly top?: number | undefined
  readonly nowSecond?: number | undefined
  readonly formatValue?: ((value: number) => string) | undefined
  /** How an instant reads, where it is none of a calendar. */
  readonly formatSecond?: ((second: number) => string) | undefined
}

const AXIS_FONT = '11px "JetBrains Mono Variable", ui-monospace, monospace'

const DAY_S = 86_400

/** Of a time that starts with its first day: a tick a day, or every few. */
const dayAxis: uPlot.Axis = {
  incrs: [1, 2, 5, 7, 14, 28].map((days) => days * DAY_S),
  values: (_, seconds) => seconds.map((second) => `day ${second / DAY_S + 1}`),
}

function axes(scales: PlotScales): uPlot.Axis[] {
  const shared: uPlot.Axis = {
    stroke: tokenColour('--muted'),
    font: AXIS_FONT,
    grid: { stroke: tokenColour('--line'), width: 1 },
    ticks: { show: false },
  }
  const format = scales.formatValue ?? formatSi
  return [
    {
      ...shared,
      grid: { show: false },
      ticks: { show: true, stroke: tokenColour('--line-strong'), size: 4, width: 1 },
      size: 26,
      gap: 3,
      space: 76,
      ...(scales.formatSecond === undefined ? {} : dayAxis),
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

function nowRule(readScales: () => PlotScales): (plot: uPlot) => void {
  return (plot) => {
    const { nowSecond, toSecond } = readScales()
    if (nowSecond === undefined || nowSecond >= toSecond) return
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

function readSelection(plot: uPlot, onZoom: PlotHandlers['onZoom']): void {
  const { left, width } = plot.select
  if (width > 4) onZoom?.(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'))
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
}

/** Everything but the series. The scales are asked for anew at each drawing, so that new data needs no new plot. */
export function plotOptions(
  readScales: () => PlotScales,
  handlers: PlotHandlers,
  size: PlotSize,
): Omit<uPlot.Options, 'series'> {
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
      x: {
        time: readScales().formatSecond === undefined,
        range: () => {
          const { fromSecond, toSecond } = readScales()
          return [fromSecond, toSecond]
        },
      },
      y: {
        range: (_plot, _min, highest) => [
          0,
          readScales().top ?? (highest > 0 ? highest * 1.08 : 1),
        ],
      },
    },
    axes: axes(readScales()),
    hooks: {
      setCursor: [
        (plot) => {
          const left = plot.cursor.left ?? -1
          handlers.onCursor(left < 0 ? null : plot.posToVal(left, 'x'), left)
        },
      ],
      setSelect: [(plot) => readSelection(plot, handlers.onZoom)],
      draw: [nowRule(readScales)],
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
