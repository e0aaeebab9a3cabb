/** The page's one event stream: its state, its latest events, and what it makes stale. */
import type { Event } from '@spillway/contract'
import type { QueryClient } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import { isSignedOut, openStream } from '../../api/client.ts'
import { staleAnswers } from './event-answers.ts'
import { keepLive, type LiveState, type Watch } from './live-connection.ts'

interface LiveSnapshot {
  readonly state: LiveState
  /** Newest first. */
  readonly events: readonly Event[]
}

const EVENTS_KEPT = 100
/** Events come in bursts; what they make stale is fetched once a burst. */
const BURST_MS = 200
/** The server gives a sign of life every 15 seconds; three missed ones mean that the line is dead. */
const SILENCE_MAX_MS = 50_000
/** A page nobody looks at gives its connection back: browsers allow only six to one server. */
const HIDDEN_MAX_MS = 60_000

let snapshot: LiveSnapshot = { state: 'connecting', events: [] }
const listeners = new Set<() => void>()

function publish(next: Partial<LiveSnapshot>): void {
  snapshot = { ...snapshot, ...next }
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function useLive(): LiveSnapshot {
  return useSyncExternalStore(subscribe, () => snapshot)
}

export function waitUntil(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, durationMs)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

export function watchSilence(onSilence: () => void): Watch {
  let timer = setTimeout(onSilence, SILENCE_MAX_MS)
  return {
    seen: () => {
      clearTimeout(timer)
      timer = setTimeout(onSilence, SILENCE_MAX_MS)
    },
    end: () => clearTimeout(timer),
  }
}

function makeInvalidator(queryClient: QueryClient): (event: Event) => void {
  const stale = new Set<string>()
  let timer: ReturnType<typeof setTimeout> | undefined
  return (event) => {
    for (const name of staleAnswers(event.type)) stale.add(name)
    timer ??= setTimeout(() => {
      timer = undefined
      for (const name of stale) void queryClient.invalidateQueries({ queryKey: [name] })
      stale.clear()
    }, BURST_MS)
  }
}

/** Keeps the stream open while the page is looked at. Answers a function that ends it. */
export function startLive(queryClient: QueryClient, onSignedOut: () => void): () => void {
  const invalidate = makeInvalidator(queryClient)
  let connection: AbortController | null = null
  let position: string | null = null
  let hiddenTimer: ReturnType<typeof setTimeout> | undefined
  const open = (): void => {
    const control = new AbortController()
    connection = control
    void keepLive(
      {
        open: (after, signal) =>
          openStream('streamEvents', { query: after === null ? {} : { after } }, signal),
        onEvent: (event) => {
          publish({ events: [event, ...snapshot.events].slice(0, EVENTS_KEPT) })
          invalidate(event)
        },
        onState: (state) => publish({ state }),
        onResume: () => void queryClient.invalidateQueries({ predicate: isPlainRead }),
        isFinal: (error) => {
          if (isSignedOut(error)) onSignedOut()
          return isSignedOut(error)
        },
        wait: waitUntil,
        watch: watchSilence,
      },
      control.signal,
      position,
    ).then((last) => {
      position = last
    })
  }
  const onVisibility = (): void => {
    clearTimeout(hiddenTimer)
    if (document.hidden)
      hiddenTimer = setTimeout(() => {
        connection?.abort()
        connection = null
        publish({ state: 'paused' })
      }, HIDDEN_MAX_MS)
    else if (connection === null) {
      open()
      void queryClient.invalidateQueries({ predicate: isPlainRead })
    }
  }
  document.addEventListener('visibilitychange', onVisibility)
  // Somebody else may have signed in since: what the one before saw is forgotten.
  publish({ state: 'connecting', events: [] })
  open()
  return () => {
    document.removeEventListener('visibilitychange', onVisibility)
    clearTimeout(hiddenTimer)
    connection?.abort()
  }
}

const SENSITIVE = new Set(['getBooks', 'verifyLedger', 'listAuditEvents'])

/** Sensitive reads are audited, so that only a person's visit repeats them. */
function isPlainRead(query: { readonly queryKey: readonly unknown[] }): boolean {
  return !SENSITIVE.has(String(query.queryKey[0]))
}
