/**
 * Ends every process of an attempt: asks with SIGTERM, kills from the deadline on, and goes on until none lives. The
 * shim uses it, and the engine where the shim is dead or does not answer.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import type { ProcessSet } from '#platform/processes/process-set.ts'

/** How often it looks whether they are gone. */
const LOOK_MS = 10
/** A process that outlives SIGKILL sits in the kernel; looking for it more often would not help. */
const LOOK_MAX_MS = 250

export interface Termination {
  /** Asked anew on every round, because a later request may bring the deadline forward. */
  readonly deadlineMs: () => number
  /** Called whenever one was seen alive. */
  readonly seenAlive: (nowMs: number) => void
}

/** Resolves when no process of the set is left. */
export async function endProcesses(set: ProcessSet, termination: Termination): Promise<void> {
  let isAsked = false
  let lookMs = LOOK_MS
  while (set.isAnyAlive()) {
    const nowMs = monotonicMs()
    termination.seenAlive(nowMs)
    if (!isAsked) {
      isAsked = true
      set.signalAll('SIGTERM')
      // A stopped process takes notice of SIGTERM only once it goes on.
      set.signalAll('SIGCONT')
    }
    if (nowMs >= termination.deadlineMs()) {
      set.signalAll('SIGKILL')
      lookMs = Math.min(lookMs * 2, LOOK_MAX_MS)
    }
    await pause(lookMs)
  }
}
