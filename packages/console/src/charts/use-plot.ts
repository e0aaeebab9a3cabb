/**
 * A plot in a page, whatever it draws: made anew when its look changes, fed when its numbers do, as wide as its frame, and
 * aware of where it is pointed at. What is drawn is for the chart that uses it.
 */
import { type RefObject, useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { useTheme } from '../ui/theme.ts'
import type { PlotHandlers, PlotSize } from './plot.ts'

/** A kind of chart. Declared once, outside of components. */
export interface PlotKind<Drawing> {
  /** The drawing is read again at each drawing, so that new numbers need no new plot. */
  readonly options: (read: () => Drawing, handlers: PlotHandlers, size: PlotSize) => uPlot.Options
  readonly dataOf: (drawing: Drawing) => uPlot.AlignedData
  /** Which of the values is at a second; null where none is. */
  readonly indexAt: (drawing: Drawing, second: number) => number | null
  /** Another look needs another plot. */
  readonly lookOf: (drawing: Drawing) => string
}

export interface PlotUse<Drawing> {
  readonly drawing: Drawing
  readonly height: number
  readonly onZoom?: ((fromSecond: number, toSecond: number) => void) | undefined
}

export interface Pointed {
  readonly index: number
  /** In pixels from the left edge of the plot. */
  readonly left: number
}

export interface Plot {
  readonly frame: RefObject<HTMLDivElement | null>
  readonly pointed: Pointed | null
  readonly onPointerLeave: () => void
}

export function usePlot<Drawing>(
  kind: PlotKind<Drawing>,
  { drawing, height, onZoom }: PlotUse<Drawing>,
): Plot {
  const frame = useRef<HTMLDivElement>(null)
  const [pointed, setPointed] = useState<Pointed | null>(null)
  const theme = useTheme()
  const latest = useRef({ drawing, onZoom })
  latest.current = { drawing, onZoom }
  const plotRef = useRef<uPlot | null>(null)
  const look = `${theme} ${height} ${kind.lookOf(drawing)}`
  useEffect(() => {
    const element = frame.current
    if (element === null) return
    const read = (): Drawing => latest.current.drawing
    const handlers: PlotHandlers = {
      onCursor: (second, left) => {
        const index = second === null ? null : kind.indexAt(read(), second)
        setPointed(index === null ? null : { index, left })
      },
      onZoom: latest.current.onZoom ? (from, to) => latest.current.onZoom?.(from, to) : undefined,
    }
    const size = { width: element.clientWidth, height }
    const plot = new uPlot(kind.options(read, handlers, size), kind.dataOf(read()), element)
    plotRef.current = plot
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      plot.destroy()
      plotRef.current = null
    }
  }, [kind, look, height])
  useEffect(() => {
    plotRef.current?.setData(kind.dataOf(drawing))
  }, [kind, drawing])
  return { frame, pointed, onPointerLeave: () => setPointed(null) }
}
