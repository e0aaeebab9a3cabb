/** A modal dialog on the native element: focus is kept inside, Escape closes, the page behind is inert. */
import { type ReactElement, type ReactNode, useEffect, useRef } from 'react'
import { Button, type ButtonLook, IconButton } from './button.tsx'

interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
  readonly width?: number
}

export function Dialog({ title, onClose, children, width = 480 }: DialogProps): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const element = dialog.current
    element?.showModal()
    return () => element?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      aria-label={title}
      onClose={onClose}
      onCancel={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) onClose()
      }}
      className="m-auto max-h-[calc(100dvh-32px)] max-w-[calc(100vw-32px)] rounded-base border border-line-strong bg-bg p-0 text-text shadow-[0_12px_40px_rgb(8_13_15/0.25)]"
      style={{ width }}
    >
      <div className="flex items-center justify-between border-b border-line py-2 pr-2 pl-4">
        <h2 className="text-15 font-bold">{title}</h2>
        <IconButton icon="cross" label="Close" onClick={onClose} />
      </div>
      <div className="p-4">{children}</div>
    </dialog>
  )
}

interface ConfirmProps {
  readonly title: string
  readonly children: ReactNode
  readonly action: string
  readonly look?: ButtonLook
  readonly isBusy: boolean
  readonly onConfirm: () => void
  readonly onClose: () => void
}

/** Asks before something that cannot be undone; says what will happen, and the button says it again. */
export function Confirm(props: ConfirmProps): ReactElement {
  return (
    <Dialog title={props.title} onClose={props.onClose} width={440}>
      <div className="flex flex-col gap-2">{props.children}</div>
      <div className="mt-4 flex justify-end gap-2">
        <Button onClick={props.onClose}>Cancel</Button>
        <Button look={props.look ?? 'danger'} isBusy={props.isBusy} onClick={props.onConfirm}>
          {props.action}
        </Button>
      </div>
    </Dialog>
  )
}
