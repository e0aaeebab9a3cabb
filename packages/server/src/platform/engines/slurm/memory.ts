/** What one process remembers of attempts: facts that cannot change any more, and what it alone has watched. */
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import type { AttemptRecord, GoneObservation, StartRecord } from './job-folder.ts'
import type { Submission } from './submit.ts'

export interface AttemptMemory {
  record: AttemptRecord | null
  submission: Submission | null
  started: StartRecord | null
  gone: GoneObservation | null
  /** The last instant at which it was told to run. */
  confirmedMs: number | null
  wasPreempted: boolean
  /** The beats of its nodes as last read, and since when they are so. */
  beats: string
  quietSinceMs: number
}

export function createMemory(): (attemptId: string) => AttemptMemory {
  const memories = new Map<string, AttemptMemory>()
  return (attemptId) => {
    const found = memories.get(attemptId)
    if (found !== undefined) return found
    const memory: AttemptMemory = {
      record: null,
      submission: null,
      started: null,
      gone: null,
      confirmedMs: null,
      wasPreempted: false,
      beats: '',
      quietSinceMs: monotonicMs(),
    }
    memories.set(attemptId, memory)
    return memory
  }
}
