/** How leases read: state, place, price, command. Pure. */
import type { Lease, LeaseFact } from '@spillway/contract'
import { group, renderAmount, renderSeconds } from './amount.ts'
import { likelyColumns } from './likely.ts'
import type { Colour, Paint } from './paint.ts'
import { renderTerms } from './reclaim.ts'
import { renderFields, renderTable, type Column, type TableOptions } from './table.ts'
import { renderCommand, toLine } from './text.ts'
import {
  renderClock,
  renderDuration,
  renderExpectedStart,
  renderInstant,
  renderRelative,
  renderUntil,
} from './time.ts'

const STATE_COLOURS: Readonly<Record<Lease['state'], Colour>> = {
  pending: 'yellow',
  starting: 'cyan',
  running: 'green',
  reclaiming: 'magenta',
  ended: 'dim',
}

const END_WORDS: Readonly<Record<NonNullable<Lease['endReason']>, string>> = {
  exited: 'exited',
  stopped: 'stopped',
  reclaimed: 'reclaimed',
  balance_exhausted: 'balance exhausted',
  time_limit: 'time limit reached',
  start_failed: 'could not start',
  lost: 'lost',
  faulty: 'its GPU failed',
}

/** How a lease ended, with the exit code or signal: `exited 0`, `reclaimed (SIGKILL)`. */
export function renderEnd(lease: Lease): string {
  if (lease.endReason === null) return 'ended'
  const words = END_WORDS[lease.endReason]
  if (lease.exitSignal !== null) return `${words} (${lease.exitSignal})`
  if (lease.exitCode === null) return words
  return lease.endReason === 'exited' ? `exited ${lease.exitCode}` : `${words} (${lease.exitCode})`
}

export function renderState(lease: Lease, nowMs: number): string {
  if (lease.state === 'ended') return renderEnd(lease)
  if (lease.state === 'reclaiming' && lease.stopAt !== null)
    return `reclaiming, stops ${renderUntil(lease.stopAt, nowMs)}`
  return lease.state
}

/** Nodes that are named one by one; of more, the first and their number. */
const NODES_NAMED_MAX = 4

/** `node-1: slots 0-3`, for each node of a gang; null while it has none. */
export function renderPlace({ placements }: Pick<Lease, 'placements'>): string | null {
  const [first] = placements
  if (!first) return null
  if (placements.length > NODES_NAMED_MAX)
    return `${first.node} and ${placements.length - 1} more nodes`
  return placements
    .map(
      ({ node, slots }) =>
        `${node}: ${slots.length === 1 ? 'slot' : 'slots'} ${renderRanges(slots)}`,
    )
    .join('; ')
}

/** `0-3,6` for 0, 1, 2, 3, 6. */
export function renderRanges(numbers: readonly number[]): string {
  const ranges: [number, number][] = []
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = ranges.at(-1)
    if (last !== undefined && number === last[1] + 1) last[1] = number
    else ranges.push([number, number])
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',')
}

export function renderLeases(
  leases: readonly Lease[],
  nowMs: number,
  options: TableOptions,
): string {
  const columns: readonly Column<Lease>[] = [
    { heading: 'ID', cell: (lease) => lease.id },
    { heading: 'KIND', cell: (lease) => lease.kind },
    {
      heading: 'STATE',
      cell: (lease) => renderState(lease, nowMs),
      colour: (lease) => STATE_COLOURS[lease.state],
    },
    { heading: 'GPUS', align: 'right', cell: (lease) => group(lease.gpus) },
    { heading: 'WHERE', cell: (lease) => renderPlace(lease) ?? lease.pool },
    {
      heading: 'USD/GPU-H',
      align: 'amount',
      cell: (lease) =>
        lease.priceUsdPerGpuHour === null ? '' : renderAmount(lease.priceUsdPerGpuHour),
    },
    {
      heading: 'CHARGED USD',
      align: 'amount',
      cell: (lease) => (isOwn(lease) ? '' : renderAmount(lease.chargedUsd, 6)),
    },
    { heading: 'CREATED', cell: (lease) => renderRelative(lease.createdAt, nowMs) },
    ...likelyColumns(leases, nowMs),
    { heading: 'COMMAND', isFlexible: true, cell: titleOf },
  ]
  return renderTable(columns, leases, options)
}

function titleOf(lease: Lease): string {
  const command = renderCommand(lease.command)
  return isNamed(lease) ? `${lease.name}: ${command}` : command
}

/** Whether somebody chose the name; the server takes the program's for want of one. */
function isNamed({ name, command }: Lease): boolean {
  const program = command[0] ?? ''
  return !['', program, program.slice(program.lastIndexOf('/') + 1)].includes(name)
}

export function renderLease(lease: Lease, nowMs: number, paint: Paint): string {
  const optional = (instant: string | null): string | null =>
    instant === null ? null : `${renderInstant(instant)} (${renderRelative(instant, nowMs)})`
  return renderFields(
    [
      ['id', lease.id],
      ['name', isNamed(lease) ? toLine(lease.name) : null],
      ['state', paint(STATE_COLOURS[lease.state], renderState(lease, nowMs))],
      ['likely start', renderExpectedStart(lease.expectedStart)],
      ['waiting for', lease.waitingFor === null ? null : toLine(lease.waitingFor)],
      ['kind', lease.kind],
      ...renderService(lease),
      ['organization', toLine(lease.organization)],
      ['command', toLine(renderCommand(lease.command))],
      ['secrets', lease.secretNames.length > 0 ? lease.secretNames.join(', ') : null],
      ['gpus', group(lease.gpus)],
      ['pool', lease.pool],
      ['where', renderPlace(lease)],
      ['attempt', lease.attempt > 1 || lease.requeue !== 'never' ? String(lease.attempt) : null],
      ['after reclaim', isOwn(lease) ? null : lease.requeue === 'never' ? 'ends' : 'starts again'],
      [
        'failures',
        lease.requeue === 'on_failure' ? `${lease.failures} of ${lease.failuresMax}` : null,
      ],
      ['starts again', optional(lease.retryAt)],
      ['notice', renderNotice(lease)],
      ['taken back', lease.terms === null ? null : renderTerms(lease.terms)],
      ['guaranteed until', optional(lease.guaranteedUntil)],
      ['at risk since', optional(lease.riskElevatedAt)],
      ['checkpoint', optional(lease.checkpointAt)],
      ['grace', renderDuration(lease.graceMs)],
      ['price', renderLeasePrice(lease)],
      ['created', optional(lease.createdAt)],
      ['started', optional(lease.startedAt)],
      ['notice given', optional(lease.noticeAt)],
      ['stops', lease.state === 'reclaiming' ? optional(lease.stopAt) : null],
      ['ended', optional(lease.endedAt)],
      ...renderBill(lease),
    ],
    paint,
  )
}

/** Where a service is reached, and how it is. */
function renderService({ service }: Lease): readonly (readonly [string, string | null])[] {
  if (service === null) return []
  const port = service.port === 0 ? 'its own choice, as $SPILLWAY_PORT' : String(service.port)
  return [
    ['service', `${service.state}: ${toLine(service.text)}`],
    ['port', port],
    ['reached at', service.path],
  ]
}

/** The operator's own work is neither metered nor charged. */
function renderBill(lease: Lease): readonly (readonly [string, string | null])[] {
  if (isOwn(lease)) return []
  return [
    ['metered', `${renderSeconds(BigInt(lease.gpuMs))} GPU-s`],
    ['charged', `${renderAmount(lease.chargedUsd)} USD`],
    ['held', lease.state === 'ended' ? null : `${renderAmount(lease.heldUsd)} USD`],
  ]
}

/** How it ended and what it cost, in one line. */
export function renderOutcome(lease: Lease): string {
  const bill = `${renderSeconds(BigInt(lease.gpuMs))} GPU-s, ${renderAmount(lease.chargedUsd)} USD`
  return `${lease.id} ${renderEnd(lease)}${isOwn(lease) ? '' : `; ${bill}`}`
}

function isOwn({ kind }: Lease): boolean {
  return kind === 'anchor' || kind === 'serving'
}

function renderNotice(lease: Lease): string | null {
  if (isOwn(lease)) return null
  const time = renderDuration(lease.noticeMs)
  return lease.noticeSignal === 'none' ? `${time}, no signal` : `${time}, by ${lease.noticeSignal}`
}

function renderLeasePrice(lease: Lease): string | null {
  const most =
    lease.maxPriceUsdPerGpuHour === null
      ? ''
      : `at most ${renderAmount(lease.maxPriceUsdPerGpuHour)} USD / GPU-h`
  if (lease.priceUsdPerGpuHour === null) return most === '' ? null : most
  const now = `${renderAmount(lease.priceUsdPerGpuHour)} USD / GPU-h`
  return most === '' ? now : `${now} (${most})`
}

/** The timeline: one line a fact, with how long after the first it happened. */
export function renderFacts(facts: readonly LeaseFact[], nowMs: number, paint: Paint): string {
  const first = facts[0]
  if (first === undefined) return paint('dim', 'nothing has happened yet')
  const sinceMs = (fact: LeaseFact): number => Date.parse(fact.at) - Date.parse(first.at)
  const columns: readonly Column<LeaseFact>[] = [
    { heading: 'UTC', cell: (fact) => renderClock(fact.at, nowMs), colour: () => 'dim' },
    { heading: 'AFTER', align: 'right', cell: (fact) => renderDuration(sinceMs(fact)) },
    { heading: 'WHAT', cell: (fact) => fact.text },
  ]
  return renderTable(columns, facts, { paint, columnsMax: null })
}
