/**
 * Notices that PostgreSQL has died and starts it again, at growing intervals and without end: a full disk may be
 * freed an hour later. Says what happens; decides nothing for the callers, whose connections simply fail meanwhile.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { StartFailure } from '../start-failure.ts'

const LOOK_EVERY_MS = 250
const RETRY_MIN_MS = 200
const RETRY_MAX_MS = 30_000
/** A server that lived this long starts the count of failures anew. */
const STEADY_AFTER_MS = 60_000

export type EmbeddedEvent =
  | { readonly kind: 'died'; readonly pid: number }
  | { readonly kind: 'restarted'; readonly pid: number }
  | {
      readonly kind: 'restart_failed'
      readonly failure: StartFailure | Error
      readonly retryInMs: number
    }

export interface Watched {
  readonly pid: () => number
  readonly isRunning: () => boolean
  /** Starts it again on the same port. */
  readonly restart: () => Promise<void>
  /** Called at every look, for housekeeping. */
  readonly look: () => void
  readonly tell: (event: EmbeddedEvent) => void
}

/** Watches until the signal. Resolves when the last restart under way has ended. */
export async function watch(watched: Watched, signal: AbortSignal): Promise<void> {
  let failures = 0
  let startedAtMs = performance.now()
  while (!signal.aborted) {
    await sleep(LOOK_EVERY_MS, signal)
    if (signal.aborted) return
    watched.look()
    if (watched.isRunning()) continue
    if (performance.now() - startedAtMs > STEADY_AFTER_MS) failures = 0
    watched.tell({ kind: 'died', pid: watched.pid() })
    // The first restart is at once; a server that dies again and again is given time.
    await sleep(failures === 0 ? 0 : retryDelayMs(failures), signal)
    failures = (await restartUntilUp(watched, failures, signal)) + 1
    startedAtMs = performance.now()
  }
}

async function restartUntilUp(watched: Watched, before: number, signal: AbortSignal) {
  for (let failures = before; !signal.aborted; failures++) {
    try {
      await watched.restart()
      watched.tell({ kind: 'restarted', pid: watched.pid() })
      return failures
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error))
      const retryInMs = retryDelayMs(failures + 1)
      watched.tell({ kind: 'restart_failed', failure, retryInMs })
      await sleep(retryInMs, signal)
    }
  }
  return before
}

/** Doubles from the first to the longest pause. */
export function retryDelayMs(failures: number): number {
  return Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(failures - 1, 20))
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await pause(ms, undefined, { signal, ref: false })
  } catch {
    // Aborted: the caller looks at the signal.
  }
}
