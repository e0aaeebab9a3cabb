/** One thing in full beside the list that it is in: a modal panel at the right edge. Escape and a press outside close it. */
import { type ReactElement, type ReactNode, useEffect, useRef } from 'react'
import { IconButton } from './button.tsx'

interface DrawerProps {
  /** What kind of thing it is, for who cannot see it. */
  readonly label: string
  readonly title: ReactNode
  readonly onClose: () => void
  readonly children: ReactNode
}

export function Drawer({ label, title, onClose, children }: DrawerProps): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const element = dialog.current
    element?.showModal()
    return () => element?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      aria-label={label}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) onClose()
      }}
      className="my-0 mr-0 ml-auto h-dvh max-h-none w-[440px] max-w-[100vw] border-l border-line-strong bg-bg p-0 text-text"
    >
      <div className="flex items-center justify-between border-b border-line py-2 pr-2 pl-4">
        <h2 className="min-w-0 text-15 font-bold break-words">{title}</h2>
        <IconButton icon="cross" label="Close" onClick={onClose} />
      </div>
      <div className="flex flex-col gap-4 p-4">{children}</div>
    </dialog>
  )
}
