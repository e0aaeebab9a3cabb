/** How leases read everywhere: state, place, name, age, price. */
import type { EndReason, Lease } from '@spillway/contract'
import type { ReactElement } from 'react'
import { Ago, Lasted, Money } from '../../ui/figures.tsx'
import { StateWord, type Tone } from '../../ui/state-word.tsx'

const STATE_TONES: Record<Lease['state'], Tone> = {
  pending: 'idle',
  starting: 'accent',
  running: 'good',
  reclaiming: 'warn',
  ended: 'idle',
}

const END_TONES: Record<EndReason, Tone> = {
  exited: 'idle',
  stopped: 'idle',
  reclaimed: 'warn',
  balance_exhausted: 'bad',
  time_limit: 'warn',
  start_failed: 'bad',
  lost: 'bad',
  faulty: 'bad',
}

const END_WORDS: Record<EndReason, string> = {
  exited: 'exited',
  stopped: 'stopped',
  reclaimed: 'reclaimed',
  balance_exhausted: 'balance exhausted',
  time_limit: 'time limit',
  start_failed: 'start failed',
  lost: 'lost',
  faulty: 'its GPU failed',
}

function endTone(lease: Lease, reason: EndReason): Tone {
  if (reason !== 'exited') return END_TONES[reason]
  if (lease.exitCode === null && lease.exitSignal === null) return 'idle'
  return lease.exitCode === 0 ? 'good' : 'bad'
}

/** `exited 0`, `reclaimed`; without a code where the engine does not know it, as of work that it only watched. */
function endWords(lease: Lease, reason: EndReason): string {
  if (reason !== 'exited') return END_WORDS[reason]
  if (lease.exitSignal) return `exited by ${lease.exitSignal}`
  return lease.exitCode === null ? 'exited' : `exited ${lease.exitCode}`
}

export function LeaseStateWord({ lease }: { lease: Lease }): ReactElement {
  if (lease.state === 'ended' && lease.endReason !== null)
    return (
      <StateWord tone={endTone(lease, lease.endReason)}>
        {endWords(lease, lease.endReason)}
      </StateWord>
    )
  return (
    <StateWord
      tone={STATE_TONES[lease.state]}
      title={lease.waitingFor ?? undefined}
      isMoving={lease.state === 'starting' || lease.state === 'reclaiming'}
    >
      {lease.state}
    </StateWord>
  )
}

/** `gpu-1:0,2-3`, or the first node of a gang and how many more; runs of neighbouring slots are shortened. */
export function leasePlace({ placements }: Pick<Lease, 'placements'>): string {
  const [first, ...others] = placements
  if (!first) return '—'
  const place = `${first.node}:${slotRanges(first.slots)}`
  return others.length === 0 ? place : `${place} +${others.length}`
}

export function slotRanges(slots: readonly number[]): string {
  const runs: { first: number; last: number }[] = []
  for (const slot of slots.toSorted((left, right) => left - right)) {
    const run = runs.at(-1)
    if (run && slot === run.last + 1) run.last = slot
    else runs.push({ first: slot, last: slot })
  }
  return runs.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',')
}

export function LeaseAge({ lease }: { lease: Lease }): ReactElement {
  if (lease.startedAt === null) return <Ago at={lease.createdAt} />
  return <Lasted from={lease.startedAt} to={lease.endedAt} />
}

export function LeasePrice({ lease }: { lease: Lease }): ReactElement {
  if (lease.priceUsdPerGpuHour === null) return <span className="text-muted">—</span>
  return <Money amount={lease.priceUsdPerGpuHour} />
}

export const LEASE_STATES: readonly Lease['state'][] = [
  'pending',
  'starting',
  'running',
  'reclaiming',
  'ended',
]
export const LEASE_KINDS: readonly Lease['kind'][] = [
  'anchor',
  'on_demand',
  'spot',
  'flex',
  'serving',
]
