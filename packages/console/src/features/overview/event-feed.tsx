/** The latest events, newest first, each leading to what it is about. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactElement, useMemo } from 'react'
import { apiQuery } from '../../api/queries.ts'
import { shortenId } from '../../ui/copy.tsx'
import { Ago } from '../../ui/figures.tsx'
import { BlockSkeleton } from '../../ui/notices.tsx'
import { StateWord } from '../../ui/state-word.tsx'
import { factTone } from '../leases/fact-tone.ts'
import { useLive } from '../live/live.ts'
import { type FeedEntry, mergeFeed } from './feed.ts'

const SHOWN_MAX = 9
const LEASES_READ = 20

export function EventFeed(): ReactElement {
  const { events } = useLive()
  const leases = useQuery(apiQuery('listLeases', { query: { limit: LEASES_READ } })).data?.items
  const entries = useMemo(
    () => mergeFeed(events, leases ?? []).slice(0, SHOWN_MAX),
    [events, leases],
  )
  if (entries.length === 0 && leases === undefined) return <BlockSkeleton height={120} />
  if (entries.length === 0)
    return (
      <p className="text-muted">
        Nothing has happened yet. What happens to leases, slots and models appears here as it
        happens.
      </p>
    )
  return (
    <ol>
      {entries.map((entry) => (
        <li
          key={entry.id}
          className="flex min-h-[26px] items-baseline gap-2 border-b border-line py-1 last:border-b-0"
        >
          <StateWord tone={factTone(entry.type)}>{words(entry.type)}</StateWord>
          <Subject entry={entry} />
          <span className="ml-auto shrink-0 text-12 text-muted">
            <Ago at={entry.at} />
          </span>
        </li>
      ))}
    </ol>
  )
}

/** `lease.notice_given` reads as `lease notice given`. */
function words(type: string): string {
  return type.replaceAll(/[._]/g, ' ')
}

function Subject({ entry }: { entry: FeedEntry }): ReactElement {
  if (entry.leaseId !== null)
    return (
      <Link
        to="/leases/$leaseId"
        params={{ leaseId: entry.leaseId }}
        className="min-w-0 truncate text-accent"
        title={entry.leaseId}
      >
        {entry.subject.startsWith('lse_') ? shortenId(entry.subject) : entry.subject}
      </Link>
    )
  return (
    <span className="min-w-0 truncate text-muted" title={entry.subject}>
      {shortenId(entry.subject)}
    </span>
  )
}
