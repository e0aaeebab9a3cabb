/** A small panel under its button, on the native popover: light dismiss, Escape, top layer. */
import { type ReactElement, type ReactNode, useId, useRef } from 'react'

interface PopoverProps {
  readonly label: string
  /** What the button shows. */
  readonly button: ReactNode
  readonly buttonClass: string
  readonly children: ReactNode
  readonly align?: 'start' | 'end'
}

const GAP = 4
const EDGE = 8

export function Popover({
  label,
  button,
  buttonClass,
  children,
  align = 'end',
}: PopoverProps): ReactElement {
  const id = useId()
  const anchor = useRef<HTMLButtonElement>(null)
  const panel = useRef<HTMLDivElement>(null)
  const place = (): void => {
    if (anchor.current === null || panel.current === null) return
    const from = anchor.current.getBoundingClientRect()
    const size = panel.current.getBoundingClientRect()
    const wanted = align === 'end' ? from.right - size.width : from.left
    const left = Math.max(EDGE, Math.min(wanted, innerWidth - size.width - EDGE))
    const hasRoomBelow = from.bottom + GAP + size.height < innerHeight
    const top = hasRoomBelow ? from.bottom + GAP : Math.max(EDGE, from.top - GAP - size.height)
    panel.current.style.left = `${left}px`
    panel.current.style.top = `${top}px`
  }
  return (
    <>
      <button
        ref={anchor}
        type="button"
        title={label}
        aria-label={label}
        popoverTarget={id}
        className={buttonClass}
      >
        {button}
      </button>
      <div
        ref={panel}
        id={id}
        popover="auto"
        onToggle={(event) => {
          if (event.newState === 'open') place()
        }}
        className="fixed m-0 min-w-[180px] rounded-base border border-line-strong bg-bg p-1 text-text shadow-[0_6px_24px_rgb(8_13_15/0.18)]"
      >
        {children}
      </div>
    </>
  )
}

/** The look of an entry in a popover menu. */
export const MENU_ITEM =
  'flex min-h-[30px] w-full items-center gap-2 rounded-base px-2 text-left text-text no-underline hover:bg-sunken'
