/** Which rows of a long table are near the window, so that only those are in the page. */
import { type RefObject, useEffect, useState } from 'react'

/** Above this many rows only the visible ones are rendered. */
export const ROWS_RENDERED_MAX = 200
export const ROW_HEIGHT = 32
const OVERSCAN = 12

export interface RowWindow {
  readonly first: number
  readonly last: number
}

export function visibleRows(count: number, tableTop: number, viewHeight: number): RowWindow {
  if (count <= ROWS_RENDERED_MAX) return { first: 0, last: count }
  const first = Math.max(0, Math.floor(-tableTop / ROW_HEIGHT) - OVERSCAN)
  const last = Math.min(count, Math.ceil((viewHeight - tableTop) / ROW_HEIGHT) + OVERSCAN)
  return { first: Math.min(first, count), last: Math.max(last, first) }
}

export function useRowWindow(count: number, body: RefObject<HTMLElement | null>): RowWindow {
  const [shown, setShown] = useState<RowWindow>(() => visibleRows(count, 0, 1000))
  useEffect(() => {
    const measure = (): void => {
      const top = body.current?.getBoundingClientRect().top ?? 0
      const next = visibleRows(count, top, innerHeight)
      setShown((before) =>
        before.first === next.first && before.last === next.last ? before : next,
      )
    }
    measure()
    if (count <= ROWS_RENDERED_MAX) return
    addEventListener('scroll', measure, { passive: true })
    addEventListener('resize', measure)
    return () => {
      removeEventListener('scroll', measure)
      removeEventListener('resize', measure)
    }
  }, [count, body])
  return shown
}
