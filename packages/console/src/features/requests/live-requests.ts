/** A live tail as the page holds it: the newest requests, bounded, and how many were left out on the way. */
import { type LoggedRequest, RequestNews, type RequestFilters } from '@spillway/contract'
import { useEffect, useState } from 'react'
import { isSignedOut, openStream } from '../../api/client.ts'
import { keepStream, type LiveState, readLeniently } from '../live/live-connection.ts'
import { waitUntil, watchSilence } from '../live/live.ts'

export interface LiveRequests {
  readonly state: LiveState
  /** Newest first. */
  readonly requests: readonly LoggedRequest[]
  readonly skipped: number
}

const KEPT_MAX = 500
const NONE: LiveRequests = { state: 'connecting', requests: [], skipped: 0 }

function take(before: LiveRequests, news: RequestNews): LiveRequests {
  if (news.kind === 'skipped') return { ...before, skipped: before.skipped + news.requests }
  const isKnown = before.requests.some(({ id }) => id === news.request.id)
  if (isKnown) return before
  return { ...before, requests: [news.request, ...before.requests].slice(0, KEPT_MAX) }
}

function parseNews(text: string): { readonly item: RequestNews; readonly position: null } | null {
  const parsed = RequestNews.safeParse(readLeniently(text))
  return parsed.success ? { item: parsed.data, position: null } : null
}

/** Follows requests from now on; null follows nothing. */
export function useLiveRequests(filters: RequestFilters | null): LiveRequests {
  const [live, setLive] = useState(NONE)
  const key = filters === null ? null : JSON.stringify(filters)
  useEffect(() => {
    if (key === null) return
    const query = filtersOf(key)
    const control = new AbortController()
    setLive(NONE)
    void keepStream<RequestNews>(
      {
        open: (after, signal) =>
          openStream(
            'tailRequests',
            { query: after === null ? query : { ...query, after } },
            signal,
          ),
        parse: parseNews,
        onEvent: (news) => setLive((before) => take(before, news)),
        onState: (state) => setLive((before) => ({ ...before, state })),
        onResume: () => undefined,
        isFinal: isSignedOut,
        wait: waitUntil,
        watch: watchSilence,
      },
      control.signal,
      null,
    )
    return () => control.abort()
  }, [key])
  return live
}

function filtersOf(key: string): RequestFilters {
  return readLeniently(key) as RequestFilters
}
