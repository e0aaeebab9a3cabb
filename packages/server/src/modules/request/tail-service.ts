/**
 * A live tail of the request log: what every gateway wrote, as it is committed. A reader holds one page of lines at
 * most; one that falls behind a page is told how many it missed, and goes on with the newest.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { RequestFilters, RequestNews } from '@spillway/contract'
import type { Db } from '#platform/db/database.ts'
import {
  EVENT_STREAM_LIFE_MS,
  EVENT_STREAM_PING_MS,
  REQUEST_TAIL_LOOK_MS,
  REQUEST_TAIL_ROWS_MAX,
} from '../../limits.ts'
import { currentPosition, type Scope, selectNews } from './store.ts'
import { renderRequest } from './view.ts'

export interface TailWanted {
  readonly scope: Scope
  readonly filters: RequestFilters
  readonly after: string | undefined
  readonly signal: AbortSignal
  /** Lines that a reader is given at once. */
  readonly rowsMax?: number
}

function renderNews(id: string, news: RequestNews): string {
  return `id: ${id}\ndata: ${JSON.stringify(news)}\n\n`
}

/** Ends by itself after a while; the client comes back with its position, and its credential is looked at again. */
export async function* tailRequests(db: Db, wanted: TailWanted): AsyncGenerator<string> {
  const { scope, filters, signal, rowsMax = REQUEST_TAIL_ROWS_MAX } = wanted
  let position = wanted.after ?? (await currentPosition(db))
  let spokeMs = performance.now()
  const endMs = spokeMs + EVENT_STREAM_LIFE_MS
  yield `retry: 1000\nid: ${position}\n\n`
  while (!signal.aborted && performance.now() < endMs) {
    const news = await selectNews(db, { scope, filters, after: position, limit: rowsMax })
    if (news.skipped > 0) yield renderNews(position, { kind: 'skipped', requests: news.skipped })
    for (const line of news.lines)
      yield renderNews(line.position, { kind: 'request', request: renderRequest(line) })
    position = news.next
    if (news.lines.length > 0) spokeMs = performance.now()
    if (performance.now() - spokeMs >= EVENT_STREAM_PING_MS) {
      spokeMs = performance.now()
      yield ': still here\n\n'
    }
    await lookAgainLater(signal)
  }
}

async function lookAgainLater(signal: AbortSignal): Promise<void> {
  try {
    await pause(REQUEST_TAIL_LOOK_MS, undefined, { signal })
  } catch {
    // The reader went away, which the loop sees.
  }
}
