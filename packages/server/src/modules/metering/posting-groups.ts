/**
 * Cuts what waits into transactions. A transaction costs by its events and, more, by its organizations: each has its
 * own hours, entries and balance to write. So events of one organization go together. Pure.
 */
import type { UsageEvent } from './usage-event.ts'

/** Groups of at most `sizeMax` events, in the order of organizations; within one, events keep their order. */
export function groupByOrganization(
  events: readonly UsageEvent[],
  sizeMax: number,
): readonly (readonly UsageEvent[])[] {
  const byOrganization = Map.groupBy(events, ({ organizationId }) => organizationId)
  const sorted = [...byOrganization]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, own]) => own)
  const count = Math.ceil(sorted.length / sizeMax)
  return Array.from({ length: count }, (_, index) =>
    sorted.slice(index * sizeMax, (index + 1) * sizeMax),
  )
}
