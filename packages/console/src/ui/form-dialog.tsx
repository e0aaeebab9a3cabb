/** A form in a dialog: its fields, why it was refused, and the two buttons. Where it goes is the caller's affair. */
import type { FormEvent, ReactElement, ReactNode } from 'react'
import { Button, type ButtonLook } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { type Explanation, ProblemPanel } from './notices.tsx'

interface FormDialogProps {
  readonly title: string
  readonly children: ReactNode
  readonly action: string
  readonly look?: ButtonLook
  readonly width?: number
  readonly isBusy: boolean
  /** Why the last try was refused. */
  readonly problem: Explanation | null
  readonly onSubmit: (event: FormEvent) => Promise<void>
  readonly onClose: () => void
}

export function FormDialog(props: FormDialogProps): ReactElement {
  const { title, children, action, look = 'primary', width, isBusy, problem } = props
  const { onSubmit, onClose } = props
  return (
    <Dialog title={title} onClose={onClose} {...(width === undefined ? {} : { width })}>
      <form noValidate onSubmit={(event) => void onSubmit(event)} className="flex flex-col gap-4">
        {children}
        {problem && <ProblemPanel explanation={problem} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look={look} type="submit" isBusy={isBusy}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
