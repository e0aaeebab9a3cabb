/** Beside the lease form: what it will cost, what will happen, and the same as CLI and as curl. */
import { parseGpuWish, type Pool } from '@spillway/contract'
import { type ReactElement, useState } from 'react'
import { Segmented } from '../../ui/button.tsx'
import { Code } from '../../ui/copy.tsx'
import { exactMoney, formatMoney } from '../../ui/format/money.ts'
import { plural } from '../../ui/format/numbers.ts'
import { formatDuration } from '../../ui/format/time.ts'
import type { LeaseDraft } from './lease-draft.ts'
import { type Estimate, estimate, isBelowMarket, renderHours } from './lease-estimate.ts'
import { renderCli, renderCurl } from './lease-same.ts'

export function LeaseSummary({ draft, pool }: Wanted): ReactElement {
  const [dialect, setDialect] = useState<'cli' | 'curl'>('cli')
  const found = estimate(draft, pool)
  return (
    <section
      aria-label="What will happen"
      className="rounded-base border border-line bg-surface p-4"
    >
      {found ? <Price found={found} /> : <NoPrice draft={draft} pool={pool} />}
      <ul className="mt-3 flex list-disc flex-col gap-1 pl-4 text-muted marker:text-faint">
        {consequences({ draft, pool }).map((sentence) => (
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

function NoPrice({ draft, pool }: Wanted): ReactElement {
  if (draft.kind === 'anchor')
    return <p className="text-15">The operator’s own work is not charged.</p>
  return (
    <p className="text-15">
      {pool === undefined
        ? 'No pool is what is asked here.'
        : 'The price shows once the count makes sense.'}
    </p>
  )
}

interface Wanted {
  readonly draft: LeaseDraft
  readonly pool: Pool | undefined
}

function roomFor(draft: LeaseDraft, pool: Pool, gpus: number): string {
  const nodes = Number(draft.nodes.trim() || Math.ceil(gpus / Math.max(1, pool.slotsPerNodeMax)))
  const place =
    nodes > 1
      ? `${plural(nodes, 'node')} of ${pool.name}${draft.fabric === 'same' ? ', on one fabric,' : ''} have`
      : `one node of ${pool.name} has`
  if (gpus <= pool.slotsFree)
    return `Starts at once when ${place} ${plural(gpus, 'slot')} free${gpus > 1 ? '; the whole of it, or nothing' : ''}.`
  return draft.kind === 'anchor'
    ? `Takes back ${plural(gpus - pool.slotsFree, 'slot')} from what is sold, by the published rules.`
    : `Waits: ${pool.name} has ${plural(pool.slotsFree, 'slot')} free now.`
}

function consequences({ draft, pool }: Wanted): string[] {
  const gpus = parseGpuWish(draft.gpus)?.gpus
  if (pool === undefined || gpus === undefined) return []
  const room = roomFor(draft, pool, gpus)
  if (draft.kind === 'anchor') return [room, 'It is never preempted by anything sold.']
  const noticeMs = pool.noticeMs[draft.kind]
  const signal = draft.noticeSignal === 'none' ? '' : ` and ${draft.noticeSignal}`
  const reclaim =
    noticeMs === 0
      ? 'The owner may take the slots back without notice.'
      : `Before a reclaim it gets ${formatDuration(noticeMs)} of notice${signal}.`
  return [
    room,
    ...(draft.mode === 'interactive' ? ['Its shell starts when the first attaches.'] : []),
    reclaim,
    'It is charged by the millisecond, until its processes are confirmed gone.',
  ]
}
