/** The event stream over HTTP: server-sent events that continue from wherever the client was. */
import { EventEmitter } from 'node:events'
import { Fault } from '#kernel/fault.ts'
import type { Database } from '#platform/db/database.ts'
import { currentPosition, isPosition, readEvents, type StoredEvent } from '#platform/events/read.ts'
import type { Routes } from '#platform/http/handler.ts'
import { toStream } from '#platform/http/text-stream.ts'
import { EVENT_HELD_UP_LOOK_MS, EVENT_STREAM_LIFE_MS, EVENT_STREAM_PING_MS } from '../limits.ts'

/** Tells open streams that there may be something new. */
export class EventBell {
  readonly #bell = new EventEmitter().setMaxListeners(0)

  ring(): void {
    this.#bell.emit('ring')
  }

  /** Resolves at the next ring, after the time, or when the signal ends. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#bell.off('ring', done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, timeoutMs)
      this.#bell.once('ring', done)
      signal.addEventListener('abort', done, { once: true })
    })
  }
}

function renderEvent(event: StoredEvent): string {
  const document = {
    position: event.position,
    at: event.at.toISOString(),
    type: event.type,
    organization: event.organizationId,
    subject: event.subject,
    data: event.data,
  }
  return `id: ${event.position}\ndata: ${JSON.stringify(document)}\n\n`
}

interface Subscription {
  readonly database: Database
  readonly bell: EventBell
  readonly organizationId: string | null
  readonly after: string | undefined
  readonly signal: AbortSignal
}

/** Ends by itself after a while; the client comes back with its position, and its credential is looked at again. */
async function* follow(subscription: Subscription): AsyncGenerator<string> {
  const { database, bell, organizationId, signal } = subscription
  let position = subscription.after ?? (await currentPosition(database))
  const endMs = performance.now() + EVENT_STREAM_LIFE_MS
  yield `retry: 1000\nid: ${position}\n\n`
  while (!signal.aborted && performance.now() < endMs) {
    // Listening starts before reading, so that what commits in between rings.
    const rung = bell.wait(EVENT_STREAM_PING_MS, signal)
    const { events, next, isHeldUp } = await readEvents(database, {
      after: position,
      organizationId,
    })
    for (const event of events) yield renderEvent(event)
    position = next
    if (events.length > 0) continue
    if (isHeldUp) {
      await bell.wait(EVENT_HELD_UP_LOOK_MS, signal)
      continue
    }
    await rung
    yield ': still here\n\n'
  }
}

export function eventRoutes(database: Database, bell: EventBell): Pick<Routes, 'streamEvents'> {
  return {
    streamEvents: async ({ principal, query, lastEventId, signal }) => {
      const after = lastEventId ?? query.after
      if (after !== undefined && !isPosition(after))
        throw new Fault(
          'request.invalid',
          'query.after: must be a position that this stream gave before.',
        )
      const organizationId = principal.role === 'operator' ? null : principal.organizationId
      return toStream(follow({ database, bell, organizationId, after, signal }))
    },
  }
}
