/** A state is a dot and a word; a claim kind is a swatch and a word. Colour never stands alone. */
import type { CSSProperties, ReactElement, ReactNode } from 'react'
import { kindLookOf } from './claim-kind.ts'

export type Tone = 'good' | 'warn' | 'bad' | 'accent' | 'idle'

const DOTS: Record<Tone, string> = {
  good: 'bg-good',
  warn: 'bg-warn',
  bad: 'bg-bad',
  accent: 'bg-accent',
  idle: 'border border-faint',
}

interface StateWordProps {
  readonly tone: Tone
  readonly children: ReactNode
  readonly title?: string | undefined
  /** Something is going on right now. */
  readonly isMoving?: boolean
}

export function StateWord({
  tone,
  children,
  title,
  isMoving = false,
}: StateWordProps): ReactElement {
  return (
    <span className="inline-flex items-center gap-1.5 align-top whitespace-nowrap" title={title}>
      <span
        aria-hidden="true"
        className={`size-2 shrink-0 rounded-full ${DOTS[tone]} ${isMoving ? 'animate-[blink_1.2s_ease-in-out_infinite]' : ''}`}
      />
      {children}
    </span>
  )
}

/** How a swatch or a cell of a kind is filled. */
export function kindFill(kind: string): { className: string; style: CSSProperties } {
  const look = kindLookOf(kind)
  if (look.colour === null) return { className: 'border border-line-strong', style: {} }
  return {
    className: look.isHatched ? 'hatched' : '',
    style: { backgroundColor: `var(${look.colour})` },
  }
}

export function KindSwatch({ kind }: { kind: string }): ReactElement {
  const fill = kindFill(kind)
  return (
    <span
      aria-hidden="true"
      className={`inline-block size-2.5 shrink-0 rounded-[2px] ${fill.className}`}
      style={fill.style}
    />
  )
}

export function KindWord({ kind }: { kind: string }): ReactElement {
  return (
    <span className="inline-flex items-center gap-1.5 align-top whitespace-nowrap">
      <KindSwatch kind={kind} />
      {kindLookOf(kind).word}
    </span>
  )
}

/** A short remark in a box: `toy`, `operator`. */
export function Tag({ children, title }: { children: ReactNode; title?: string }): ReactElement {
  return (
    <span
      title={title}
      className="inline-flex h-[18px] items-center rounded-[3px] border border-line-strong px-1.5 text-12 leading-none font-normal whitespace-nowrap text-muted"
    >
      {children}
    </span>
  )
}
