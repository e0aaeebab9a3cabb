/** How batches read: state as dot and word, and how many of their lines are over. */
import type { Batch, BatchState } from '@spillway/contract'
import type { ReactElement } from 'react'
import { formatCount } from '../../ui/format/numbers.ts'
import { StateWord, type Tone } from '../../ui/state-word.tsx'

const TONES: Readonly<Record<BatchState, Tone>> = {
  validating: 'idle',
  failed: 'bad',
  in_progress: 'accent',
  finalizing: 'accent',
  completed: 'good',
  expired: 'warn',
  cancelling: 'idle',
  cancelled: 'idle',
}

const WORDS: Readonly<Record<BatchState, string>> = {
  validating: 'reading',
  failed: 'wrong file',
  in_progress: 'running',
  finalizing: 'ending',
  completed: 'completed',
  expired: 'expired',
  cancelling: 'cancelling',
  cancelled: 'cancelled',
}

const OPEN: ReadonlySet<BatchState> = new Set<BatchState>([
  'validating',
  'in_progress',
  'finalizing',
  'cancelling',
])

export function isOpen({ state }: Pick<Batch, 'state'>): boolean {
  return OPEN.has(state)
}

export function BatchStateWord({ batch }: { batch: Batch }): ReactElement {
  const { state, faults } = batch
  const [first] = faults
  const at = first?.line ?? null
  const line = at === null ? '' : `line ${at}: `
  return (
    <StateWord
      tone={TONES[state]}
      title={first ? `${line}${first.message}` : undefined}
      isMoving={isOpen(batch)}
    >
      {WORDS[state]}
    </StateWord>
  )
}

/** Lines that are over, of all. */
export function BatchProgress({ batch }: { batch: Batch }): ReactElement {
  const { total, completed, failed } = batch.lines
  const over = completed + failed
  const percent = total === 0 ? 0 : Math.floor((100 * over) / total)
  return (
    <span className="flex min-w-32 items-center gap-2">
      <span
        role="progressbar"
        aria-label={`Progress of ${batch.id}`}
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
        className="relative block h-1.5 flex-1 rounded-full bg-sunken"
      >
        <span
          className="absolute inset-y-0 left-0 rounded-full bg-accent transition-[width]"
          style={{ width: `${percent}%` }}
        />
      </span>
      <span className="num text-right whitespace-nowrap" title={`${failed} failed`}>
        {formatCount(over)}/{formatCount(total)}
      </span>
    </span>
  )
}
