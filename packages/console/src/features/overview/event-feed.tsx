/** The latest events, newest first, each leading to what it is about. */
import type { Event } from '@spillway/contract'
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { shortenId } from '../../ui/copy.tsx'
import { Ago } from '../../ui/figures.tsx'
import { StateWord } from '../../ui/state-word.tsx'
import { factTone } from '../leases/fact-tone.ts'
import { useLive } from '../live/live.ts'

const SHOWN_MAX = 9

export function EventFeed(): ReactElement {
  const { events } = useLive()
  if (events.length === 0)
    return (
      <p className="text-muted">
        Quiet since this page was opened. What happens to leases, slots and models appears here as
        it happens.
      </p>
    )
  return (
    <ol>
      {events.slice(0, SHOWN_MAX).map((event) => (
        <li
          key={event.position}
          className="flex min-h-[26px] items-baseline gap-2 border-b border-line py-1 last:border-b-0"
        >
          <StateWord tone={factTone(event.type)}>{words(event.type)}</StateWord>
          <Subject event={event} />
          <span className="ml-auto shrink-0 text-12 text-muted">
            <Ago at={event.at} />
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

function Subject({ event }: { event: Event }): ReactElement | null {
  if (event.subject.startsWith('lse_'))
    return (
      <Link
        to="/leases/$leaseId"
        params={{ leaseId: event.subject }}
        className="num min-w-0 truncate text-accent"
        title={event.subject}
      >
        {shortenId(event.subject)}
      </Link>
    )
  return (
    <span className="num min-w-0 truncate text-muted" title={event.subject}>
      {shortenId(event.subject)}
    </span>
  )
}
