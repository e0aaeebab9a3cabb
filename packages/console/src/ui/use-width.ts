/** How wide an element is in pixels, kept current. */
import { type RefObject, useEffect, useState } from 'react'

export function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0)
  useEffect(() => {
    const shown = element.current
    if (shown === null) return
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setWidth(entry.contentRect.width)
    })
    observer.observe(shown)
    return () => observer.disconnect()
  }, [element])
  return width
}
