/** How reclaims and their terms read: who, with what notice, against what. Pure. */
import type {
  CompensationRule,
  EvictionBatch,
  Reclaim,
  ReclaimPlace,
  ReclaimTerms,
} from '@spillway/contract'
import { counted, group, renderAmount, renderSeconds } from './amount.ts'
import type { Paint } from './paint.ts'
import { renderFields, renderTable, type Column, type TableOptions } from './table.ts'
import { toLine } from './text.ts'
import { renderClock, renderDuration, renderInstant, renderRelative } from './time.ts'

export function renderCompensation(rule: CompensationRule): string {
  switch (rule.kind) {
    case 'none':
      return 'no compensation'
    case 'minutes':
      return `${group(rule.minutes)} min of its price back`
    case 'charge':
      return `${rule.fraction} of its last ${renderDuration(rule.lastMs)} back`
  }
}

/** The promise of a tier in one line. */
export function renderTerms(terms: ReclaimTerms): string {
  if (terms.by.length === 0) return 'never taken back'
  return [
    `by ${terms.by.join(', ')}`,
    `notice ${renderDuration(terms.noticeMs)}`,
    terms.minimumRunMs === 0 ? null : `not before ${renderDuration(terms.minimumRunMs)}`,
    terms.perMonthMax === null ? null : `at most ${group(terms.perMonthMax)} a month`,
    renderCompensation(terms.compensation),
  ]
    .filter((part) => part !== null)
    .join('; ')
}

export function renderBatch({ leasesMax, slotsPercentMax }: EvictionBatch): string {
  if (leasesMax !== null) return `${counted(leasesMax, 'lease')} at once`
  return slotsPercentMax === null ? 'no limit' : `${slotsPercentMax} % of the slots at once`
}

/** The last step of the chain that is done. */
function renderStage(reclaim: Reclaim): string {
  if (reclaim.compensationUsd !== null)
    return reclaim.transactionId === null ? 'gone' : 'gone, credited'
  if (reclaim.stopAskedAt !== null) return 'stopping'
  return reclaim.notice.deliveredAt === null ? 'decided' : 'notice given'
}

export function renderReclaims(
  reclaims: readonly Reclaim[],
  nowMs: number,
  options: TableOptions,
): string {
  const columns: readonly Column<Reclaim>[] = [
    { heading: 'UTC', cell: (each) => renderClock(each.decidedAt, nowMs), colour: () => 'dim' },
    { heading: 'RECLAIM', cell: (each) => each.id },
    { heading: 'LEASE', cell: (each) => each.leaseId },
    { heading: 'KIND', cell: (each) => each.kind },
    { heading: 'GPUS', align: 'right', cell: (each) => group(each.gpus) },
    { heading: 'CAUSE', cell: (each) => each.cause },
    { heading: 'STAGE', cell: renderStage },
    {
      heading: 'CREDIT USD',
      align: 'amount',
      cell: (each) => (each.compensationUsd === null ? '' : renderAmount(each.compensationUsd, 6)),
    },
  ]
  return renderTable(columns, reclaims, options)
}

export function renderReclaim(reclaim: Reclaim, nowMs: number, paint: Paint): string {
  const at = (instant: string | null): string | null =>
    instant === null ? null : `${renderInstant(instant)} (${renderRelative(instant, nowMs)})`
  const { notice } = reclaim
  const ways = [notice.document ? 'metadata document' : null, notice.signal ? 'signal' : null]
  const reached = ways.filter((way) => way !== null).join(' and ') || 'event only'
  return renderFields(
    [
      ['id', reclaim.id],
      ['lease', `${reclaim.leaseId}, attempt ${reclaim.attempt}`],
      ['organization', toLine(reclaim.organization)],
      ['what', `${counted(reclaim.gpus, 'GPU')} on ${reclaim.pool}, ${reclaim.kind}`],
      ['why', toLine(reclaim.text)],
      ['by', reclaim.byKind],
      ['for', reclaim.forLeaseId],
      ['terms', renderTerms(reclaim.terms)],
      ['decided', at(reclaim.decidedAt)],
      ['notice delivered', notice.deliveredAt && `${at(notice.deliveredAt)}, by ${reached}`],
      ['webhooks', notice.webhooks.map(({ text }) => toLine(text)).join(' ') || null],
      ['reason gone', at(reclaim.causeGoneAt)],
      ['stop due', reclaim.stopAt === null ? 'no notice was possible' : at(reclaim.stopAt)],
      ['stop asked', at(reclaim.stopAskedAt)],
      ['confirmed gone', at(reclaim.goneAt)],
      [
        'work lost',
        reclaim.workLostGpuMs === null
          ? null
          : `${renderSeconds(BigInt(reclaim.workLostGpuMs))} GPU-s`,
      ],
      ['credit', reclaim.compensationUsd && `${renderAmount(reclaim.compensationUsd)} USD`],
      ['reckoned', reclaim.compensationText && toLine(reclaim.compensationText)],
      ['transaction', reclaim.transactionId],
    ],
    paint,
  )
}

export function renderOrder(places: readonly ReclaimPlace[], options: TableOptions): string {
  const columns: readonly Column<ReclaimPlace>[] = [
    {
      heading: 'PLACE',
      align: 'right',
      cell: ({ place }) => (place === null ? '' : group(place)),
    },
    { heading: 'CLASS', align: 'right', cell: (each) => group(each.class) },
    { heading: 'LEASE', cell: (each) => each.leaseId },
    { heading: 'KIND', cell: (each) => each.kind },
    { heading: 'GPUS', align: 'right', cell: (each) => group(each.gpus) },
    {
      heading: 'GPU-S LOST',
      align: 'right',
      cell: (each) => renderSeconds(BigInt(each.workLostGpuMs)),
    },
    { heading: 'PROTECTED', isFlexible: true, cell: (each) => each.protectedBy ?? '' },
  ]
  return renderTable(columns, places, options)
}
