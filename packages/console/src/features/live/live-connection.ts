/**
 * Keeps one event stream open: continues after the last position it saw, waits longer after each failure, treats
 * silence as a dead line. Knows neither React nor the query cache.
 */
import type { Event } from '@spillway/contract'
import { readServerSentEvents } from '../../api/server-sent-events.ts'

export type LiveState = 'connecting' | 'live' | 'reconnecting' | 'paused'

export interface StreamDeps<Item> {
  /** Opens the stream after a position, or from now on. */
  readonly open: (after: string | null, signal: AbortSignal) => Promise<Response>
  /** What a message says, and its position where it names one; null: it is passed over. */
  readonly parse: (text: string) => { readonly item: Item; readonly position: string | null } | null
  readonly onEvent: (item: Item) => void
  readonly onState: (state: LiveState) => void
  /** Called when the stream is open again after it was lost. */
  readonly onResume: () => void
  /** Whether an error cannot be helped by trying again. */
  readonly isFinal: (error: unknown) => boolean
  readonly wait: (durationMs: number, signal: AbortSignal) => Promise<void>
  /** Watches for silence: calls back when nothing was seen for too long. */
  readonly watch: (onSilence: () => void) => Watch
}

/** The stream of facts. */
export type LiveDeps = Omit<StreamDeps<Event>, 'parse'>

export interface Watch {
  readonly seen: () => void
  readonly end: () => void
}

const WAIT_FIRST_MS = 500
const WAIT_MAX_MS = 10_000

export function keepLive(
  deps: LiveDeps,
  signal: AbortSignal,
  start: string | null,
): Promise<string | null> {
  return keepStream({ ...deps, parse: parseEvent }, signal, start)
}

/** Runs until the signal is aborted or an error is final. Resolves with the last position seen. */
export async function keepStream<Item>(
  deps: StreamDeps<Item>,
  signal: AbortSignal,
  start: string | null,
): Promise<string | null> {
  let position = start
  let failures = 0
  let isFirst = true
  while (!signal.aborted) {
    deps.onState(isFirst ? 'connecting' : 'reconnecting')
    const line = new AbortController()
    const watch = deps.watch(() => line.abort())
    try {
      const response = await deps.open(position, AbortSignal.any([signal, line.signal]))
      deps.onState('live')
      if (!isFirst) deps.onResume()
      isFirst = false
      failures = 0
      position = await readEvents(response, { deps, watch, start: position })
    } catch (error) {
      if (signal.aborted || deps.isFinal(error)) break
      isFirst = false
      failures += 1
    } finally {
      watch.end()
    }
    if (signal.aborted) break
    deps.onState('reconnecting')
    await deps.wait(Math.min(WAIT_MAX_MS, WAIT_FIRST_MS * 2 ** failures), signal)
  }
  return position
}

interface Reading<Item> {
  readonly deps: StreamDeps<Item>
  readonly watch: Watch
  readonly start: string | null
}

async function readEvents<Item>(
  response: Response,
  { deps, watch, start }: Reading<Item>,
): Promise<string | null> {
  let position = start
  if (response.body === null) return position
  try {
    for await (const message of readServerSentEvents(response.body)) {
      watch.seen()
      if (message === null) continue
      // The stream tells its position before its first event, so that a line cut early continues too.
      position = message.id ?? position
      const parsed = deps.parse(message.data)
      if (parsed === null) continue
      position = parsed.position ?? position
      deps.onEvent(parsed.item)
    }
  } catch {
    // The line was cut. The position says where to continue, which is all there is to save.
  }
  return position
}

function parseEvent(text: string): { readonly item: Event; readonly position: string } | null {
  const value = readLeniently(text) as Partial<Event> | null
  if (typeof value?.type !== 'string' || typeof value.position !== 'string') return null
  return { item: value as Event, position: value.position }
}

/** Replies are read leniently: what is no document is passed over. */
export function readLeniently(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON: a later server may send other kinds of messages.
    return null
  }
}
