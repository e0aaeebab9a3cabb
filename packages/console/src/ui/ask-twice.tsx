/** A button that asks once more, in its place, before it does what cannot be undone. */
import { type ReactElement, type ReactNode, useState } from 'react'
import { Button, type ButtonLook } from './button.tsx'
import { type Explanation, ProblemPanel } from './notices.tsx'

interface AskTwiceProps {
  /** What is pressed first. */
  readonly label: string
  /** What will happen. */
  readonly children: ReactNode
  readonly action: string
  readonly keep: string
  readonly look?: ButtonLook
  readonly isBusy: boolean
  /** Why the last try was refused. */
  readonly problem: Explanation | null
  readonly onConfirm: () => void
}

export function AskTwice(props: AskTwiceProps): ReactElement {
  const { label, children, action, keep, look = 'danger', isBusy, problem, onConfirm } = props
  const [isAsking, setIsAsking] = useState(false)
  return (
    <div className="flex flex-col gap-3">
      {problem && <ProblemPanel explanation={problem} />}
      {isAsking ? (
        <div className="flex flex-wrap items-center gap-2">
          <span className="flex-1">{children}</span>
          <Button onClick={() => setIsAsking(false)}>{keep}</Button>
          <Button look={look} isBusy={isBusy} onClick={onConfirm}>
            {action}
          </Button>
        </div>
      ) : (
        <div>
          <Button look={look} onClick={() => setIsAsking(true)}>
            {label}
          </Button>
        </div>
      )}
    </div>
  )
}
