/** A vertical timeline: one line a fact, the exact time on hover. */
import type { ReactElement } from 'react'
import { clockTime, exactInstant, formatDuration } from './format/time.ts'
import type { Tone } from './state-word.tsx'

export interface TimelineFact {
  readonly at: string
  readonly text: string
  readonly tone: Tone
  /** What else is known, for the title. */
  readonly detail?: string
}

const DOTS: Record<Tone, string> = {
  good: 'bg-good border-good',
  warn: 'bg-warn border-warn',
  bad: 'bg-bad border-bad',
  accent: 'bg-accent border-accent',
  idle: 'bg-bg border-faint',
}

function gap(facts: readonly TimelineFact[], index: number): string {
  const before = facts[index - 1]
  const fact = facts[index]
  if (before === undefined || fact === undefined) return ''
  return `+${formatDuration(Date.parse(fact.at) - Date.parse(before.at))}`
}

export function Timeline({ facts }: { facts: readonly TimelineFact[] }): ReactElement {
  return (
    <ol>
      {facts.map((fact, index) => (
        <li
          key={`${fact.at}-${index}`}
          className="relative grid grid-cols-[64px_17px_1fr_auto] gap-x-1 pb-2.5 last:pb-0"
        >
          <time dateTime={fact.at} title={exactInstant(fact.at)} className="num pt-px text-muted">
            {clockTime(fact.at)}
          </time>
          <span aria-hidden="true" className="relative flex justify-center">
            {index < facts.length - 1 && (
              <span className="absolute top-[10px] -bottom-[14px] w-px bg-line-strong" />
            )}
            <span
              className={`relative mt-[5px] size-[9px] rounded-full border-[1.5px] ${DOTS[fact.tone]}`}
            />
          </span>
          <span className="min-w-0 break-words" title={fact.detail}>
            {fact.text}
          </span>
          <span className="num pt-px pl-2 text-12 text-muted">{gap(facts, index)}</span>
        </li>
      ))}
    </ol>
  )
}
