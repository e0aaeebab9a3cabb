/** Beside the lease form: what it will cost, what will happen, and the same as CLI and as curl. */
import type { Pool } from '@spillway/contract'
import { type ReactElement, useState } from 'react'
import { Segmented } from '../../ui/button.tsx'
import { Code } from '../../ui/copy.tsx'
import { exactMoney, formatMoney } from '../../ui/format/money.ts'
import { plural } from '../../ui/format/numbers.ts'
import { formatDuration } from '../../ui/format/time.ts'
import {
  type Estimate,
  estimate,
  isBelowMarket,
  type LeaseDraft,
  renderCli,
  renderCurl,
  renderHours,
} from './lease-draft.ts'

export function LeaseSummary({
  draft,
  pool,
}: {
  draft: LeaseDraft
  pool: Pool | undefined
}): ReactElement {
  const [dialect, setDialect] = useState<'cli' | 'curl'>('cli')
  const found = estimate(draft, pool)
  return (
    <section
      aria-label="What will happen"
      className="rounded-base border border-line bg-surface p-4"
    >
      {found ? <Price found={found} /> : <NoPrice kind={draft.kind} />}
      <ul className="mt-3 flex list-disc flex-col gap-1 pl-4 text-muted marker:text-faint">
        {consequences(draft, pool).map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <div className="mt-4 mb-2 flex items-center justify-between">
        <h2 className="font-medium">The same as</h2>
        <Segmented
          label="Dialect"
          value={dialect}
          onChange={setDialect}
          choices={[
            { value: 'cli', label: 'CLI' },
            { value: 'curl', label: 'curl' },
          ]}
        />
      </div>
      <Code
        label={dialect === 'cli' ? 'the command line' : 'the curl command'}
        text={dialect === 'cli' ? renderCli(draft) : renderCurl(draft, location.origin)}
      />
    </section>
  )
}

function Price({ found }: { found: Estimate }): ReactElement {
  const main = found.totalPicos ?? found.hourlyPicos
  const highest = found.totalMaxPicos ?? found.hourlyMaxPicos
  const unit = found.totalPicos === null ? '/h' : ''
  const terms = [
    found.gpus,
    found.accelerator,
    ...(found.hours === null ? [] : [renderHours(found.hours)]),
  ]
  return (
    <div aria-live="polite">
      <p className="text-muted">{terms.join(' × ')}</p>
      <p className="text-24 leading-tight font-medium" title={exactMoney(main)}>
        <span className="text-muted">≈ </span>
        <span className="num">{formatMoney(main)}</span>
        <span className="text-15 text-muted">{unit}</span>
      </p>
      {isBelowMarket(found) ? (
        <p className="mt-0.5 text-bad">The maximum price is below the pool’s price now.</p>
      ) : (
        <p className="mt-0.5 text-muted" title={exactMoney(highest)}>
          at most <span className="num">{formatMoney(highest)}</span>
          {unit}
        </p>
      )}
    </div>
  )
}

function NoPrice({ kind }: { kind: LeaseDraft['kind'] }): ReactElement {
  return (
    <p className="text-15">
      {kind === 'anchor'
        ? 'The operator’s own work is not charged.'
        : 'The price shows once the count makes sense.'}
    </p>
  )
}

function consequences(draft: LeaseDraft, pool: Pool | undefined): string[] {
  const gpus = Number(draft.gpus)
  if (pool === undefined || !Number.isInteger(gpus)) return []
  const room =
    gpus <= pool.slotsFree
      ? `Starts at once when one node of ${pool.name} has ${plural(gpus, 'slot')} free.`
      : draft.kind === 'anchor'
        ? `Takes back ${plural(gpus - pool.slotsFree, 'slot')} from what is sold, by the published rules.`
        : `Waits: ${pool.name} has ${plural(pool.slotsFree, 'slot')} free now.`
  if (draft.kind === 'anchor') return [room, 'It is never preempted by anything sold.']
  const noticeMs = pool.noticeMs[draft.kind]
  const reclaim =
    noticeMs === 0
      ? 'The owner may take the slots back without notice.'
      : `Before a reclaim it gets ${formatDuration(noticeMs)} of notice${draft.noticeSignal === 'none' ? '' : ` and ${draft.noticeSignal}`}.`
  return [
    room,
    reclaim,
    'It is charged by the millisecond, until its processes are confirmed gone.',
  ]
}
