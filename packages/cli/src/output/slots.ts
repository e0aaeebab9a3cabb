/** The slots of a pool as a strip a node, with a legend, and what claims them as a table. Pure. */
import type { Slot } from '@spillway/contract'
import { lookOf, renderLegend, renderStrip } from './bar.ts'
import { renderRanges } from './lease.ts'
import { renderTable, type TableOptions } from './table.ts'
import { padEnd, toLine } from './text.ts'
import { renderRelative } from './time.ts'

export interface SlotView {
  readonly pool: string
  readonly slots: readonly Slot[]
  readonly nowMs: number
}

interface Claim {
  readonly first: Slot
  readonly indexes: number[]
}

export function renderSlots({ pool, slots, nowMs }: SlotView, options: TableOptions): string {
  const { paint } = options
  const kinds = slots.map((slot) => slot.kind)
  const free = kinds.filter((kind) => kind === null).length
  const claims = claimsOf(slots)
  return [
    `${paint('bold', pool)}  ${free} of ${slots.length} slots free`,
    '',
    ...renderNodes(slots, options),
    '',
    renderLegend(kinds, paint),
    ...(claims.length === 0 ? [] : ['', renderClaims(claims, nowMs, options)]),
  ].join('\n')
}

function renderNodes(slots: readonly Slot[], { paint }: TableOptions): string[] {
  const nodes = Map.groupBy(slots, (slot) => toLine(slot.node))
  const widest = Math.max(0, ...[...nodes.keys()].map((node) => node.length))
  return [...nodes].map(
    ([node, own]) =>
      `${padEnd(node, widest)}  ${renderStrip(
        own.map((slot) => slot.kind),
        paint,
      )}`,
  )
}

/** Slots that one lease holds stand in one line; whose it is may be hidden from the reader. */
function claimsOf(slots: readonly Slot[]): readonly Claim[] {
  const claims = new Map<string, Claim>()
  for (const slot of slots) {
    if (slot.kind === null) continue
    const key = [slot.node, slot.kind, slot.leaseId, slot.since].join(' ')
    const claim = claims.get(key)
    if (claim) claim.indexes.push(slot.index)
    else claims.set(key, { first: slot, indexes: [slot.index] })
  }
  return [...claims.values()]
}

function renderClaims(claims: readonly Claim[], nowMs: number, options: TableOptions): string {
  return renderTable(
    [
      { heading: 'NODE', cell: ({ first }) => first.node },
      { heading: 'SLOTS', cell: ({ indexes }) => renderRanges(indexes) },
      {
        heading: 'CLAIM',
        cell: ({ first }) => renderKind(first),
        colour: ({ first }) => lookOf(first.kind ?? 'free').colour,
      },
      {
        heading: 'SINCE',
        cell: ({ first }) => (first.since === null ? '' : renderRelative(first.since, nowMs)),
      },
      { heading: 'LEASE', cell: ({ first }) => first.leaseId ?? '' },
      { heading: 'ORGANIZATION', cell: ({ first }) => first.organization ?? '' },
    ],
    claims,
    options,
  )
}

function renderKind({ kind, drainingKind }: Slot): string {
  const label = lookOf(kind ?? 'free').label
  return drainingKind === null ? label : `${label} (${lookOf(drainingKind).label})`
}
