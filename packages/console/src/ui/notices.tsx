/** What a page shows instead of its content: nothing yet, an error, or the outline of what is loading. */
import type { ReactElement, ReactNode } from 'react'
import { Button } from './button.tsx'
import { CopyButton } from './copy.tsx'
import { Icon } from './icons.tsx'

/** An error in words: what failed, what to do, and the id that finds it in the server's log. */
export interface Explanation {
  readonly title: string
  readonly detail: string
  readonly remedy: string
  readonly requestId: string | null
}

interface ProblemPanelProps {
  readonly explanation: Explanation
  readonly onRetry?: (() => void) | undefined
}

export function ProblemPanel({ explanation, onRetry }: ProblemPanelProps): ReactElement {
  return (
    <div
      role="alert"
      className="flex gap-2.5 rounded-base border border-line border-l-2 border-l-bad bg-surface px-3 py-2.5"
    >
      <span className="mt-0.5 text-bad">
        <Icon name="alert" />
      </span>
      <div className="min-w-0 flex-1">
        <p className="font-bold">{explanation.title}</p>
        <p className="break-words">{explanation.detail}</p>
        <p className="break-words text-muted">{explanation.remedy}</p>
        <div className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1.5">
          {explanation.requestId && (
            <span className="inline-flex items-center gap-1 text-12 text-muted">
              request <code className="break-all">{explanation.requestId}</code>
              <CopyButton text={explanation.requestId} label="Copy the request id" />
            </span>
          )}
          {onRetry && (
            <Button icon="refresh" onClick={onRetry}>
              Try again
            </Button>
          )}
        </div>
      </div>
    </div>
  )
}

interface EmptyProps {
  /** One sentence: what would be here. */
  readonly children: ReactNode
  /** One command or button that makes the first. */
  readonly action?: ReactNode
}

export function Empty({ children, action }: EmptyProps): ReactElement {
  return (
    <div className="flex flex-col items-start gap-3 rounded-base border border-dashed border-line-strong px-4 py-6 text-muted">
      <p className="max-w-[64ch]">{children}</p>
      {action}
    </div>
  )
}

export function TableSkeleton({ rows = 6 }: { rows?: number }): ReactElement {
  return (
    <div aria-hidden="true" className="flex flex-col gap-2 pt-2">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="skeleton h-6" style={{ width: `${100 - ((row * 7) % 23)}%` }} />
      ))}
    </div>
  )
}

export function BlockSkeleton({ height }: { height: number }): ReactElement {
  return <div aria-hidden="true" className="skeleton" style={{ height }} />
}

interface BannerProps {
  readonly tone: 'warn' | 'bad' | 'accent'
  readonly children: ReactNode
}

const BANNER_TONES = { warn: 'border-l-warn', bad: 'border-l-bad', accent: 'border-l-accent' }

export function Banner({ tone, children }: BannerProps): ReactElement {
  return (
    <div
      role="status"
      className={`mb-3 flex flex-wrap items-center gap-x-3 gap-y-1 rounded-base border border-line border-l-2 bg-surface px-3 py-2 ${BANNER_TONES[tone]}`}
    >
      {children}
    </div>
  )
}
