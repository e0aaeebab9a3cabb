/** How quotas and requests for more read. Pure. */
import type { Quota, QuotaRequest } from '@spillway/contract'
import { group } from './amount.ts'
import type { Paint } from './paint.ts'
import { type Column, renderFields, renderTable, type TableOptions } from './table.ts'
import { renderClock, renderRelative } from './time.ts'

type Scope = Pick<Quota, 'pool' | 'accelerator' | 'tier'>

function renderWhere({ pool, accelerator }: Scope): string {
  return pool ?? accelerator ?? 'everywhere'
}

function renderUse({ use }: Quota): string {
  if (use === null) return ''
  const parts = [
    use.held === 0 ? '' : `${group(use.held)} held`,
    use.waiting === 0 ? '' : `${group(use.waiting)} waiting`,
    use.ordered === 0 ? '' : `${group(use.ordered)} ordered`,
    use.quoted === 0 ? '' : `${group(use.quoted)} quoted`,
  ]
  return parts.filter((part) => part !== '').join(', ')
}

export function renderQuotas(quotas: readonly Quota[], options: TableOptions): string {
  const columns: readonly Column<Quota>[] = [
    { heading: 'QUOTA', cell: (each) => each.id, colour: () => 'dim' },
    {
      heading: 'OF',
      isFlexible: true,
      cell: (each) => each.organization ?? 'every customer',
    },
    { heading: 'WHERE', cell: renderWhere },
    { heading: 'TIER', cell: (each) => each.tier ?? 'all' },
    { heading: 'PROJECT', cell: (each) => each.projectId ?? 'all' },
    { heading: 'USED', align: 'right', cell: ({ use }) => (use ? group(use.gpus) : '') },
    { heading: 'OF GPUS', align: 'right', cell: (each) => group(each.gpus) },
    {
      heading: '',
      cell: renderUse,
      colour: ({ use }) => (use?.gpusLeft === 0 ? 'yellow' : null),
    },
  ]
  return renderTable(columns, quotas, options)
}

export function renderQuota(quota: Quota, paint: Paint): string {
  return renderFields(
    [
      ['quota', quota.id],
      ['of', quota.organization ?? 'every customer that has none of its own for the same'],
      ['project', quota.projectId],
      ['where', `${renderWhere(quota)}, ${quota.tier ?? 'all tiers'}`],
      ['GPUs at once', group(quota.gpus)],
      ['used', quota.use === null ? null : `${group(quota.use.gpus)}  ${renderUse(quota)}`],
    ],
    paint,
  )
}

export function renderQuotaRequests(
  requests: readonly QuotaRequest[],
  nowMs: number,
  options: TableOptions,
): string {
  const columns: readonly Column<QuotaRequest>[] = [
    { heading: 'UTC', cell: (each) => renderClock(each.createdAt, nowMs), colour: () => 'dim' },
    { heading: 'REQUEST', cell: (each) => each.id },
    {
      heading: 'STATE',
      cell: (each) => each.state,
      colour: ({ state }) => (state === 'open' ? 'yellow' : null),
    },
    { heading: 'OF', cell: (each) => each.organization },
    { heading: 'PROJECT', cell: (each) => each.projectId ?? 'all' },
    { heading: 'WHERE', cell: renderWhere },
    { heading: 'TIER', cell: (each) => each.tier ?? 'all' },
    { heading: 'GPUS', align: 'right', cell: (each) => group(each.grantedGpus ?? each.gpus) },
    { heading: '', isFlexible: true, cell: (each) => each.answer ?? each.reason },
  ]
  return renderTable(columns, requests, options)
}

export function renderQuotaRequest(request: QuotaRequest, nowMs: number, paint: Paint): string {
  const { grantedGpus, answer } = request
  return renderFields(
    [
      ['request', request.id],
      ['state', request.state],
      ['of', request.organization],
      ['project', request.projectId],
      ['where', `${renderWhere(request)}, ${request.tier ?? 'all tiers'}`],
      ['GPUs asked for', group(request.gpus)],
      ['GPUs granted', grantedGpus === null ? null : group(grantedGpus)],
      ['reason', request.reason],
      ['answer', answer === '' ? null : answer],
      ['asked', renderRelative(request.createdAt, nowMs)],
    ],
    paint,
  )
}
