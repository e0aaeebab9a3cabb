/** What floats beside a pointed cell. It repeats what the cell's label says, so screen readers skip it. */
import type { ReactElement, ReactNode } from 'react'

export interface TipPlace {
  readonly slotId: string
  /** Middle of the cell, in window coordinates. */
  readonly x: number
  readonly top: number
  readonly bottom: number
}

const WIDTH = 248
const EDGE = 8
const ROOM_BELOW = 150

export function SlotTip({
  place,
  children,
}: {
  place: TipPlace
  children: ReactNode
}): ReactElement {
  const left = Math.max(EDGE, Math.min(place.x - WIDTH / 2, innerWidth - WIDTH - EDGE))
  const isBelow = place.bottom + ROOM_BELOW < innerHeight
  const vertical = isBelow ? { top: place.bottom + 6 } : { bottom: innerHeight - place.top + 6 }
  return (
    <div
      aria-hidden="true"
      className="pointer-events-none fixed z-30 rounded-base border border-line-strong bg-bg px-2.5 py-2 shadow-[0_6px_24px_rgb(8_13_15/0.18)]"
      style={{ left, width: WIDTH, ...vertical }}
    >
      {children}
    </div>
  )
}
