/** Beside the order form: what will be held, what will happen, and the same as CLI and as curl. */
import type { Pool } from '@spillway/contract'
import { type ReactElement, useState } from 'react'
import type { Answer } from '../../api/client.ts'
import { Segmented } from '../../ui/button.tsx'
import { serverNowMs } from '../../ui/clock.ts'
import { Code } from '../../ui/copy.tsx'
import { Countdown } from '../../ui/figures.tsx'
import { exactMoney, formatMoney, parsePicos } from '../../ui/format/money.ts'
import { plural } from '../../ui/format/numbers.ts'
import { formatDuration } from '../../ui/format/time.ts'
import { estimateHeld, type HeldEstimate, type OrderDraft, reserveFor } from './order-draft.ts'
import { renderOrderCli, renderOrderCurl } from './order-same.ts'

interface OrderSummaryProps {
  readonly draft: OrderDraft
  readonly pool: Pool | undefined
  readonly reserve: Answer<'getReservePrice'> | undefined
}

export function OrderSummary({ draft, pool, reserve }: OrderSummaryProps): ReactElement {
  const [dialect, setDialect] = useState<'cli' | 'curl'>('cli')
  const found = estimateHeld(draft, pool)
  const at = { origin: location.origin, nowMs: serverNowMs() }
  return (
    <section
      aria-label="What will happen"
      className="rounded-base border border-line bg-surface p-4"
    >
      {found ? (
        <Held found={found} reserveUsd={reserveFor(draft, reserve)?.reserveUsdPerGpuHour} />
      ) : (
        <p className="text-15">What is held shows once count and limit make sense.</p>
      )}
      <ul className="mt-3 flex list-disc flex-col gap-1 pl-4 text-muted marker:text-faint">
        {reserve && (
          <li>
            The window of {reserve.pool} ends in <Countdown until={reserve.windowEndsAt} />;{' '}
            {plural(reserveFor(draft, reserve)?.gpusFree ?? 0, 'GPU')} free for it.
          </li>
        )}
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
        text={dialect === 'cli' ? renderOrderCli(draft) : renderOrderCurl(draft, at)}
      />
    </section>
  )
}

interface HeldProps {
  readonly found: HeldEstimate
  readonly reserveUsd: string | undefined
}

function Held({ found, reserveUsd }: HeldProps): ReactElement {
  const isBelow = reserveUsd !== undefined && found.limitPicos < parsePicos(reserveUsd)
  return (
    <div aria-live="polite">
      <p className="text-muted">Held while it is open</p>
      <p className="text-24 leading-tight font-medium" title={exactMoney(found.heldPicos)}>
        <span className="text-muted">≈ </span>
        <span className="num">{formatMoney(found.heldPicos)}</span>
      </p>
      {isBelow ? (
        <p className="mt-0.5 text-bad">
          The limit is below the reserve of {formatMoney(reserveUsd)}: it will be refused.
        </p>
      ) : (
        <p className="mt-0.5 text-muted" title={exactMoney(found.hourlyMaxPicos)}>
          then at most <span className="num">{formatMoney(found.hourlyMaxPicos)}</span>/h for{' '}
          {plural(found.gpus, 'GPU')}
        </p>
      )}
    </div>
  )
}

function consequences(draft: OrderDraft, pool: Pool | undefined): string[] {
  if (pool === undefined) return []
  const noticeMs = pool.noticeMs.spot
  const signal = draft.noticeSignal === 'none' ? '' : ` and ${draft.noticeSignal}`
  return [
    'It is filled whole or not at all; what is not filled stands for the next window.',
    'Everybody filled in a window pays the same price, never above the own limit; it holds for as long as the lease lives.',
    ...(draft.guarantee === ''
      ? []
      : [
          `For ${draft.guarantee} h from its start it is not taken back; should that break all the same, what it cost is given back.`,
        ]),
    noticeMs === 0
      ? 'The owner may take the slots back without notice.'
      : `Before a reclaim it gets ${formatDuration(noticeMs)} of notice${signal}.`,
  ]
}
