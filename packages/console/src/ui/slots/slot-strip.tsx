/**
 * Slots as cells of equal size in physical order, coloured by claim kind. A few slots get room for words, many become
 * a dense map; above two thousand a canvas draws them. Arrow keys move between cells, hovering tells more.
 */
import {
  type CSSProperties,
  type KeyboardEvent,
  type ReactElement,
  type ReactNode,
  useState,
} from 'react'
import { kindLookOf } from '../claim-kind.ts'
import { kindFill } from '../state-word.tsx'
import { SlotCanvas } from './slot-canvas.tsx'
import { SlotTip, type TipPlace } from './slot-tip.tsx'
import type { StripSlot } from './strip-slot.ts'

interface SlotStripProps {
  readonly label: string
  readonly slots: readonly StripSlot[]
  readonly tip: (slot: StripSlot) => ReactNode
  readonly onOpen: (slot: StripSlot) => void
}

const LARGE_MAX = 16
const MEDIUM_MAX = 256
const DOM_MAX = 2000

export function nodesOf(
  slots: readonly StripSlot[],
): readonly (readonly [string, readonly StripSlot[]])[] {
  return [...Map.groupBy(slots, (slot) => slot.node)]
}

export function SlotStrip({ label, slots, tip, onOpen }: SlotStripProps): ReactElement {
  const [place, setPlace] = useState<TipPlace | null>(null)
  const nodes = nodesOf(slots)
  const pointed = slots.find((slot) => slot.id === place?.slotId)
  const size = slots.length <= LARGE_MAX ? 'large' : slots.length <= MEDIUM_MAX ? 'medium' : 'small'
  const point = (slotId: string, element: Element): void => {
    const { left, top, width, bottom } = element.getBoundingClientRect()
    setPlace({ slotId, x: left + width / 2, top, bottom })
  }
  return (
    <div onPointerLeave={() => setPlace(null)} onBlur={() => setPlace(null)}>
      {slots.length > DOM_MAX ? (
        <SlotCanvas label={label} slots={slots} onPoint={setPlace} onOpen={onOpen} />
      ) : (
        <div
          role="group"
          aria-label={label}
          className={
            size === 'large'
              ? 'flex flex-col gap-3'
              : 'grid grid-cols-[repeat(auto-fill,minmax(252px,1fr))] gap-x-6 gap-y-1.5'
          }
          onKeyDown={moveFocus}
        >
          {nodes.map(([node, cells], row) => (
            <div key={node} className={size === 'large' ? '' : 'flex items-start gap-3'}>
              {size !== 'large' && (
                <span
                  className="num w-[72px] shrink-0 truncate text-12 leading-[18px] text-muted"
                  title={node}
                >
                  {node}
                </span>
              )}
              <div
                style={columnStyle(nodes)}
                className={
                  size === 'large'
                    ? 'grid grid-cols-4 gap-1.5 md:grid-cols-[repeat(var(--columns),minmax(0,1fr))]'
                    : 'flex flex-wrap gap-[2px]'
                }
              >
                {cells.map((slot, column) => (
                  <SlotCell
                    key={slot.id}
                    slot={slot}
                    size={size}
                    isTabStop={row === 0 && column === 0}
                    onPoint={point}
                    onOpen={onOpen}
                  />
                ))}
              </div>
            </div>
          ))}
        </div>
      )}
      {place && pointed && <SlotTip place={place}>{tip(pointed)}</SlotTip>}
    </div>
  )
}

const COLUMNS_MIN = 4
const COLUMNS_MAX = 8

/** Cells of all nodes are equally wide, and a node's rows are full where that is possible. */
function columnStyle(nodes: readonly (readonly [string, readonly StripSlot[]])[]): CSSProperties {
  const longest = Math.max(...nodes.map(([, cells]) => cells.length))
  const columns = longest <= COLUMNS_MAX ? longest : Math.ceil(longest / 2)
  return { '--columns': Math.max(COLUMNS_MIN, columns) } as CSSProperties
}

/** Left and right go to the neighbour, up and down to the same place on the next node. */
function moveFocus(event: KeyboardEvent<HTMLDivElement>): void {
  const cells = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-slot]')]
  const at = cells.findIndex((cell) => cell === document.activeElement)
  const node = cells[at]?.parentElement
  const onNode = node ? node.children.length : 1
  const steps: Record<string, number> = {
    ArrowRight: 1,
    ArrowLeft: -1,
    ArrowDown: onNode,
    ArrowUp: -onNode,
  }
  const step = steps[event.key]
  if (step === undefined || at < 0) return
  event.preventDefault()
  cells[at + step]?.focus()
}

interface SlotCellProps {
  readonly slot: StripSlot
  readonly size: 'large' | 'medium' | 'small'
  readonly isTabStop: boolean
  readonly onPoint: (slotId: string, element: Element) => void
  readonly onOpen: (slot: StripSlot) => void
}

const SMALL = { medium: 'size-[18px] rounded-[3px]', small: 'size-[11px] rounded-[2px]' }

function SlotCell({ slot, size, isTabStop, onPoint, onOpen }: SlotCellProps): ReactElement {
  const fill = kindFill(slot.kind)
  const hatch = slot.isDraining ? 'hatched' : ''
  const shared = {
    type: 'button' as const,
    'data-slot': slot.id,
    tabIndex: isTabStop ? 0 : -1,
    onPointerEnter: (event: { currentTarget: Element }) => onPoint(slot.id, event.currentTarget),
    onFocus: (event: { currentTarget: Element }) => onPoint(slot.id, event.currentTarget),
    onClick: () => onOpen(slot),
  }
  const look = `transition-opacity ${fill.className} ${hatch} ${slot.isDimmed ? 'opacity-25' : ''}`
  if (size !== 'large')
    return (
      <button
        {...shared}
        aria-label={slot.sentence}
        className={`shrink-0 ${SMALL[size]} ${look}`}
        style={fill.style}
      />
    )
  return (
    <button {...shared} className="min-w-0 rounded-base text-left">
      <span className={`block h-10 rounded-base ${look}`} style={fill.style} />
      <span className="mt-1 flex items-baseline justify-between gap-1">
        <span className="truncate font-medium">
          {slot.isDraining ? 'draining' : kindLookOf(slot.kind).word}
        </span>
        <span className="num text-12 text-muted">
          <span className="sr-only">{slot.node} slot </span>
          {slot.index}
        </span>
      </span>
      <span className="block truncate text-12 text-muted">{slot.caption}</span>
    </button>
  )
}
