/** Tiers from firm to loose, each with its price and what it means when the owner needs the room. */
import type { Pool } from '@spillway/contract'
import type { ReactElement } from 'react'
import { kindLook } from '../../ui/claim-kind.ts'
import { formatMoney } from '../../ui/format/money.ts'
import { formatDuration } from '../../ui/format/time.ts'
import { KindSwatch } from '../../ui/state-word.tsx'
import type { DraftKind } from './lease-draft.ts'

interface TierChoiceProps {
  readonly kinds: readonly DraftKind[]
  readonly value: DraftKind
  readonly pool: Pool | undefined
  readonly onChange: (kind: DraftKind) => void
}

function tierNote(kind: DraftKind, pool: Pool | undefined): string {
  if (kind === 'anchor') return 'Outranks what is sold'
  const noticeMs = pool?.noticeMs[kind] ?? 0
  return noticeMs === 0
    ? 'No notice before a reclaim'
    : `${formatDuration(noticeMs)} notice before a reclaim`
}

export function TierChoice({ kinds, value, pool, onChange }: TierChoiceProps): ReactElement {
  return (
    <fieldset className="@container">
      <legend className="mb-1 font-medium">Tier</legend>
      <div className="grid grid-cols-2 gap-2 @min-[560px]:auto-cols-fr @min-[560px]:grid-flow-col @min-[560px]:grid-cols-none">
        {kinds.map((kind) => (
          <label
            key={kind}
            className={`cursor-pointer rounded-base border p-2.5 has-focus-visible:outline-2 has-focus-visible:outline-offset-1 has-focus-visible:outline-accent ${
              value === kind
                ? 'border-accent bg-accent-soft'
                : 'border-line-strong hover:bg-surface'
            }`}
          >
            <input
              type="radio"
              name="kind"
              value={kind}
              checked={value === kind}
              onChange={() => onChange(kind)}
              className="sr-only"
            />
            <span className="flex items-center gap-1.5 font-medium">
              <KindSwatch kind={kind} />
              {kindLook(kind).word}
            </span>
            <span className="num mt-1 block text-15">
              {kind === 'anchor'
                ? 'not charged'
                : pool
                  ? `${formatMoney(pool.priceUsdPerGpuHour[kind])}/h`
                  : '—'}
            </span>
            <span className="mt-0.5 block text-12 text-muted">{tierNote(kind, pool)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
