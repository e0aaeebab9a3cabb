/** Thousands of slots on one canvas. The numbers behind it are in the table view, which screen readers use. */
import { type PointerEvent, type ReactElement, useEffect, useRef } from 'react'
import { kindLookOf } from '../claim-kind.ts'
import { tokenColour, useTheme } from '../theme.ts'
import type { TipPlace } from './slot-tip.tsx'
import type { StripSlot } from './strip-slot.ts'

const CELL = 9
const GAP = 1
const STEP = CELL + GAP

interface SlotCanvasProps {
  readonly label: string
  readonly slots: readonly StripSlot[]
  readonly onPoint: (place: TipPlace | null) => void
  readonly onOpen: (slot: StripSlot) => void
}

function draw(canvas: HTMLCanvasElement, slots: readonly StripSlot[]): void {
  const context = canvas.getContext('2d')
  if (context === null) return
  const columns = Math.max(1, Math.floor(canvas.clientWidth / STEP))
  const height = Math.ceil(slots.length / columns) * STEP
  canvas.style.height = `${height}px`
  canvas.width = canvas.clientWidth * devicePixelRatio
  canvas.height = height * devicePixelRatio
  context.scale(devicePixelRatio, devicePixelRatio)
  for (const [position, slot] of slots.entries())
    drawCell(context, slot, {
      x: (position % columns) * STEP,
      y: Math.floor(position / columns) * STEP,
    })
}

function drawCell(
  context: CanvasRenderingContext2D,
  slot: StripSlot,
  at: { x: number; y: number },
): void {
  const look = kindLookOf(slot.kind)
  context.globalAlpha = slot.isDimmed ? 0.25 : 1
  if (look.colour === null) {
    context.strokeStyle = tokenColour('--line-strong')
    context.strokeRect(at.x + 0.5, at.y + 0.5, CELL - 1, CELL - 1)
    return
  }
  context.fillStyle = tokenColour(look.colour)
  context.fillRect(at.x, at.y, CELL, CELL)
  if (!slot.isDraining && !look.isHatched) return
  context.strokeStyle = tokenColour('--hatch')
  context.beginPath()
  context.moveTo(at.x, at.y + CELL)
  context.lineTo(at.x + CELL, at.y)
  context.stroke()
}

export function SlotCanvas({ label, slots, onPoint, onOpen }: SlotCanvasProps): ReactElement {
  const canvas = useRef<HTMLCanvasElement>(null)
  const theme = useTheme()
  useEffect(() => {
    const element = canvas.current
    if (element === null) return
    const observer = new ResizeObserver(() => draw(element, slots))
    observer.observe(element)
    return () => observer.disconnect()
  }, [slots, theme])
  const find = (event: PointerEvent<HTMLCanvasElement>): readonly [StripSlot, TipPlace] | null => {
    const box = event.currentTarget.getBoundingClientRect()
    const columns = Math.max(1, Math.floor(box.width / STEP))
    const column = Math.floor((event.clientX - box.left) / STEP)
    const row = Math.floor((event.clientY - box.top) / STEP)
    const slot = column < columns ? slots[row * columns + column] : undefined
    if (slot === undefined) return null
    const top = box.top + row * STEP
    return [slot, { slotId: slot.id, x: box.left + (column + 0.5) * STEP, top, bottom: top + CELL }]
  }
  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={`${label}: ${slots.length} slots`}
      className="block w-full"
      onPointerMove={(event) => onPoint(find(event)?.[1] ?? null)}
      onPointerUp={(event) => {
        const found = find(event)
        if (found) onOpen(found[0])
      }}
    />
  )
}
