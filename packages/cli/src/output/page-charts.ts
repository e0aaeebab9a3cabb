/**
 * Charts of a page that needs nothing else: lines and stacks over simulated days as SVG, each with the same numbers as a
 * table below it. Pure.
 */
import { safe } from './page-text.ts'

export type Values = readonly (number | null)[]

export interface ChartLine {
  readonly name: string
  /** Class of its colour. */
  readonly look: string
  readonly values: Values
  readonly isDashed?: boolean
}

export interface ChartFrame {
  /** Whose chart it is. */
  readonly caption: string
  /** What is drawn, in words. */
  readonly words: string
  readonly stepHours: number
  /** Top of the scale, which charts side by side share. */
  readonly top: number
  readonly format: (value: number) => string
}

const WIDTH = 440
const HEIGHT = 190
const EDGE = { left: 46, right: 6, top: 6, bottom: 20 }
const SPAN_X = WIDTH - EDGE.left - EDGE.right
const SPAN_Y = HEIGHT - EDGE.top - EDGE.bottom
const DAY_TICKS_MAX = 8

interface Scale {
  readonly x: (step: number) => string
  readonly y: (value: number) => string
}

function scaleOf(steps: number, top: number): Scale {
  return {
    x: (step) => (EDGE.left + (step / Math.max(1, steps)) * SPAN_X).toFixed(1),
    y: (value) => (EDGE.top + SPAN_Y - (value / top) * SPAN_Y).toFixed(1),
  }
}

/** Round steps of a scale: 1, 2, 2.5 or 5 times a power of ten. */
function ticksTo(top: number): readonly number[] {
  const rough = top / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 2.5, 5, 10].find((each) => each * power >= rough) ?? 10) * power
  return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, at) => at * step)
}

function axes({ stepHours, top, format }: ChartFrame, steps: number, { x, y }: Scale): string {
  const days = (steps * stepHours) / 24
  const every = Math.max(1, Math.ceil(days / DAY_TICKS_MAX))
  const values = ticksTo(top).map(
    (value) =>
      `<line class="grid" x1="${EDGE.left}" x2="${WIDTH - EDGE.right}" y1="${y(value)}" y2="${y(value)}"/><text x="${EDGE.left - 6}" y="${y(value)}" dy="4" text-anchor="end">${safe(format(value))}</text>`,
  )
  const names = Array.from({ length: Math.ceil(days / every) }, (_, at) => {
    const step = (at * every * 24) / stepHours
    return `<text x="${x(step)}" y="${HEIGHT - 5}">${at === 0 ? 'day ' : ''}${at * every + 1}</text>`
  })
  return [...values, ...names].join('')
}

/** The corners of a stepped line; a gap begins another. */
function runsOf(values: Values, { x, y }: Scale): readonly string[] {
  const runs: string[][] = []
  let open: string[] | null = null
  for (const [step, value] of values.entries()) {
    if (value === null) {
      open = null
      continue
    }
    if (open === null) runs.push((open = []))
    open.push(`${x(step)},${y(value)}`, `${x(step + 1)},${y(value)}`)
  }
  return runs.map((run) => run.join(' '))
}

function area(low: Values, high: Values, { x, y }: Scale): string {
  const edge = (values: Values) =>
    values.flatMap((value, step) => [
      `${x(step)},${y(value ?? 0)}`,
      `${x(step + 1)},${y(value ?? 0)}`,
    ])
  return [...edge(high), ...edge(low).toReversed()].join(' ')
}

function meanOf(values: Values): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0) / known.length
}

/** The numbers of a chart, day by day. */
function tableOf({ words, caption, stepHours, format }: ChartFrame, lines: readonly ChartLine[]) {
  const perDay = Math.max(1, Math.round(24 / stepHours))
  const days = Math.ceil(Math.max(0, ...lines.map(({ values }) => values.length)) / perDay)
  const rows = Array.from({ length: days }, (_, day) => {
    const cells = lines.map(({ values }) => {
      const mean = meanOf(values.slice(day * perDay, (day + 1) * perDay))
      return `<td>${mean === null ? '–' : safe(format(mean))}</td>`
    })
    return `<tr><th scope="row">day ${day + 1}</th>${cells.join('')}</tr>`
  })
  const head = lines.map(({ name }) => `<th scope="col">${safe(name)}</th>`).join('')
  return `<details><summary>The numbers</summary><table><caption>${safe(`${words}, ${caption}: the mean of each day`)}</caption><thead><tr><td></td>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></details>`
}

function figure(frame: ChartFrame, lines: readonly ChartLine[], drawing: string): string {
  const { caption, words } = frame
  return `<figure><figcaption>${safe(caption)}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${safe(`${words}, ${caption}; the numbers are in the table below`)}">${drawing}</svg>
${tableOf(frame, lines)}</figure>`
}

function stepsOf(lines: readonly ChartLine[]): number {
  return Math.max(1, ...lines.map(({ values }) => values.length))
}

interface Lined {
  readonly lines: readonly ChartLine[]
  /** The room between two of the lines, shaded. */
  readonly band?: { readonly upper: Values; readonly lower: Values; readonly look: string }
}

export function lineChart(frame: ChartFrame, { lines, band }: Lined): string {
  const steps = stepsOf(lines)
  const scale = scaleOf(steps, frame.top)
  const shade = band
    ? `<polygon class="band ${band.look}" points="${area(band.lower, band.upper, scale)}"/>`
    : ''
  const drawn = lines.flatMap(({ look, values, isDashed }) =>
    runsOf(values, scale).map(
      (points) => `<polyline class="line ${look}${isDashed ? ' dashed' : ''}" points="${points}"/>`,
    ),
  )
  return figure(frame, lines, [axes(frame, steps, scale), shade, ...drawn].join('\n'))
}

/** Layers one on the other, the first at the bottom. `over` is drawn as a line of its own. */
export function stackChart(
  frame: ChartFrame,
  layers: readonly ChartLine[],
  over: readonly ChartLine[] = [],
): string {
  const steps = stepsOf(layers)
  const scale = scaleOf(steps, frame.top)
  let below: Values = Array.from({ length: steps }, () => 0)
  const areas = layers.map(({ look, values }) => {
    const low = below
    below = low.map((base, step) => (base ?? 0) + (values[step] ?? 0))
    return `<polygon class="area ${look}" points="${area(low, below, scale)}"/>`
  })
  const lines = over.flatMap(({ look, values }) =>
    runsOf(values, scale).map(
      (points) => `<polyline class="line ${look} dashed" points="${points}"/>`,
    ),
  )
  return figure(
    frame,
    [...layers, ...over],
    [...areas, axes(frame, steps, scale), ...lines].join('\n'),
  )
}
