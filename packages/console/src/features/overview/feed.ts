/**
 * What the feed of latest events shows. The stream tells only what happens while the page is open; what happened
 * before is read from the leases themselves, which keep their instants. Pure.
 */
import type { Event, Lease } from '@spillway/contract'
import { leaseName } from '../leases/lease-name.ts'

export interface FeedEntry {
  readonly id: string
  readonly at: string
  /** `lease.notice_given`. */
  readonly type: string
  readonly leaseId: string | null
  /** What it is about, in words. */
  readonly subject: string
}

type NamedLease = Pick<
  Lease,
  'id' | 'name' | 'command' | 'createdAt' | 'startedAt' | 'noticeAt' | 'endedAt'
>

function pastOf(lease: NamedLease): FeedEntry[] {
  const instants = [
    ['lease.created', lease.createdAt],
    ['lease.started', lease.startedAt],
    ['lease.notice_given', lease.noticeAt],
    ['lease.ended', lease.endedAt],
  ] as const
  return instants.flatMap(([type, at]) =>
    at === null
      ? []
      : [{ id: `${lease.id} ${type}`, at, type, leaseId: lease.id, subject: leaseName(lease) }],
  )
}

function entryOf(event: Event, names: ReadonlyMap<string, string>): FeedEntry {
  const isLease = event.subject.startsWith('lse_')
  return {
    id: event.position,
    at: event.at,
    type: event.type,
    leaseId: isLease ? event.subject : null,
    subject: names.get(event.subject) ?? event.subject,
  }
}

/** Newest first. An instant that the stream has told is not told again from the lease. */
export function mergeFeed(
  events: readonly Event[],
  leases: readonly NamedLease[],
): readonly FeedEntry[] {
  const names = new Map(leases.map((lease) => [lease.id, leaseName(lease)]))
  const told = new Set(events.map((event) => `${event.subject} ${event.type}`))
  const past = leases.flatMap(pastOf).filter((entry) => !told.has(entry.id))
  return [...events.map((event) => entryOf(event, names)), ...past].toSorted((left, right) =>
    left.at < right.at ? 1 : left.at > right.at ? -1 : 0,
  )
}
