/** How a quota is named, and how much of it is used. */
import type { Quota, QuotaRequest } from '@spillway/contract'
import type { ReactElement } from 'react'
import { kindLook } from '../../ui/claim-kind.ts'
import { shortenId } from '../../ui/copy.tsx'
import { formatCount } from '../../ui/format/numbers.ts'

type Scope = Pick<Quota | QuotaRequest, 'projectId' | 'pool' | 'accelerator' | 'tier'>

/** Such as “h200, spot”, with its project where it is of one. */
export function scopeWords({ projectId, pool, accelerator, tier }: Scope): string {
  const where = pool ?? accelerator ?? 'All pools'
  const which = tier === null ? where : `${where}, ${kindLook(tier).word.toLowerCase()}`
  return projectId === null ? which : `${which}, of ${shortenId(projectId)}`
}

const PARTS = [
  ['held', 'held'],
  ['waiting', 'waiting'],
  ['ordered', 'ordered'],
  ['quoted', 'quoted'],
] as const

/** What of it is taken, in words. */
export function takenWords({ use }: Pick<Quota, 'use'>): string {
  if (use === null) return ''
  const parts = PARTS.flatMap(([part, word]) =>
    use[part] === 0 ? [] : [`${formatCount(use[part])} ${word}`],
  )
  return parts.length === 0 ? 'nothing taken' : parts.join(', ')
}

/** A bar with its figure; the words beside it say what it is made of. */
export function QuotaBar({ quota }: { quota: Quota }): ReactElement {
  const { use, gpus } = quota
  if (use === null) return <span className="num">{formatCount(gpus)}</span>
  const share = gpus === 0 ? 1 : Math.min(1, use.gpus / gpus)
  return (
    <span className="inline-flex items-center gap-2" title={takenWords(quota)}>
      <span
        aria-hidden="true"
        className="hidden h-1.5 w-20 overflow-hidden rounded-full bg-sunken sm:inline-block"
      >
        <span
          className={`block h-full ${use.gpusLeft === 0 ? 'bg-warn' : 'bg-accent'}`}
          style={{ width: `${share * 100}%` }}
        />
      </span>
      <span className="num whitespace-nowrap">
        {formatCount(use.gpus)} of {formatCount(gpus)}
      </span>
    </span>
  )
}
