/** The pool's use over time, asked for by range and shaped for the chart. */
import type { Slot, UtilisationBucket } from '@spillway/contract'
import { queryOptions } from '@tanstack/react-query'
import { type Answer, call } from '../../api/client.ts'
import type { StackSeries, StackShape } from '../../charts/stack.ts'
import { withoutEmpty } from '../../charts/stack.ts'
import { KIND_LOOKS } from '../../ui/claim-kind.ts'
import { serverNowMs } from '../../ui/clock.ts'

export type Range = '1h' | '6h' | '24h'

const HOUR_MS = 3_600_000
const RANGE_MS: Record<Range, number> = { '1h': HOUR_MS, '6h': 6 * HOUR_MS, '24h': 24 * HOUR_MS }
const BUCKETS = 120
const POLL_MS = 15_000

/** Either a range that ends now, or a stretch chosen by dragging. */
export type Span =
  | { readonly kind: 'latest'; readonly range: Range }
  | { readonly kind: 'fixed'; readonly from: string; readonly to: string }

export function spanOf(search: {
  range?: Range | undefined
  from?: string | undefined
  to?: string | undefined
}): Span {
  if (search.from && search.to && search.from < search.to)
    return { kind: 'fixed', from: search.from, to: search.to }
  return { kind: 'latest', range: search.range ?? '1h' }
}

export function utilisationQuery(pool: string, span: Span) {
  return queryOptions<Answer<'getUtilisation'>>({
    queryKey: ['getUtilisation', pool, span],
    queryFn: ({ signal }) => {
      const from =
        span.kind === 'fixed'
          ? span.from
          : new Date(serverNowMs() - RANGE_MS[span.range]).toISOString()
      const until = span.kind === 'fixed' ? { to: span.to } : {}
      return call(
        'getUtilisation',
        { params: { pool }, query: { from, ...until, buckets: BUCKETS } },
        { signal },
      )
    },
    refetchInterval: span.kind === 'latest' ? POLL_MS : false,
    // The last picture stays while another range loads.
    placeholderData: (before) => before,
  })
}

/** Average slots of each use in each bucket. Where the book knows nothing (before the fleet was there) stays a gap. */
export function toStack(
  buckets: readonly UtilisationBucket[],
  slots: number,
  chosen: readonly string[],
): StackShape {
  const edges = buckets.map((bucket) => Date.parse(bucket.from) / 1000)
  const last = buckets.at(-1)
  if (last) edges.push(Date.parse(last.to) / 1000)
  const series = KIND_LOOKS.map((look): StackSeries => {
    const isShown = chosen.length === 0 || chosen.includes(look.kind)
    return {
      id: look.kind,
      label: look.word,
      colour: look.colour,
      isHatched: look.isHatched,
      values: buckets.map((bucket) => {
        if (bucket.totalMs === 0) return null
        const ms = look.kind === 'free' ? bucket.freeMs : (bucket.byKindMs[look.kind] ?? 0)
        return isShown ? (ms / bucket.totalMs) * slots : 0
      }),
    }
  })
  return { edges, series: withoutEmpty(series) }
}

/** What a slot is used for, for counting: a draining slot is neither free nor sold. */
export function slotUse(slot: Pick<Slot, 'kind'>): string {
  return slot.kind ?? 'free'
}

export function countUses(slots: readonly Pick<Slot, 'kind'>[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const slot of slots) counts.set(slotUse(slot), (counts.get(slotUse(slot)) ?? 0) + 1)
  return counts
}
