/** Where a whole went, as one bar: parts in kind colours that sum to the whole, named underneath. */
import type { ReactElement } from 'react'
import { kindLookOf } from './claim-kind.ts'
import { formatGpuTime, formatShare } from './format/numbers.ts'
import { kindFill, KindSwatch } from './state-word.tsx'

export interface SplitPart {
  readonly kind: string
  readonly milliseconds: number
}

export function SplitBar({
  parts,
  totalMs,
}: {
  parts: readonly SplitPart[]
  totalMs: number
}): ReactElement {
  const shown = parts.filter((part) => part.milliseconds > 0)
  return (
    <div>
      <div aria-hidden="true" className="flex h-7 gap-px overflow-hidden rounded-base">
        {shown.map((part) => {
          const fill = kindFill(part.kind)
          return (
            <div
              key={part.kind}
              title={`${kindLookOf(part.kind).word}: ${formatGpuTime(part.milliseconds)}`}
              className={`min-w-[2px] ${fill.className}`}
              style={{ ...fill.style, flexGrow: part.milliseconds, flexBasis: 0 }}
            />
          )
        })}
      </div>
      <ul className="mt-2 flex flex-wrap gap-x-5 gap-y-1">
        {shown.map((part) => (
          <li key={part.kind} className="flex items-center gap-1.5">
            <KindSwatch kind={part.kind} />
            {kindLookOf(part.kind).word}
            <span className="num">
              {formatShare(totalMs === 0 ? 0 : part.milliseconds / totalMs)}
            </span>
            <span className="num text-muted" title={`${part.milliseconds} ms`}>
              {formatGpuTime(part.milliseconds)}
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}
