/**
 * Delivers the notice of a reclaim: the document first, so that whoever is woken by the signal finds it. Each time is
 * told once per attempt; when a crash falls between the signal and its record, the signal is sent again.
 */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { isSooner } from '#platform/engines/engine.ts'
import type { Notice, NoticeDelivery, Warning } from '#platform/engines/engine.ts'
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import type { AttemptPaths, AttemptStatus } from './attempt-folder.ts'
import type { Attempts } from './attempts.ts'
import { publishFile, readJson, replaceFile } from './durable-file.ts'
import { pathsOf, readStatus } from './local-machine.ts'
import type { LocalMachine } from './local-machine.ts'

const START_WAIT_MS = 10_000
const LOOK_MS = 10

export async function notify(
  machine: LocalMachine,
  attempts: Attempts,
  { attemptId, notice }: { readonly attemptId: string; readonly notice: Notice },
): Promise<NoticeDelivery> {
  const paths = pathsOf(machine, attemptId)
  if (!existsSync(paths.admission)) return { document: false, signal: false }
  const document = instanceAction(notice)
  const sent = await readJson<SentRecord>(paths.noticeSent)
  if (sent !== null && !isSooner(document, sent)) return deliveryOf(sent)
  await publishFile(paths.instanceAction, document)
  const status = await untilStarted(paths)
  if (status.phase !== 'running') return { document: true, signal: false }
  if (isSignalled(notice)) {
    const signal = notice.signal as NodeJS.Signals
    const processes = attempts.processesOf(paths, status)
    if (status.leader === null) processes.signalAll(signal)
    else processes.signalGroup(signal)
  }
  const record: SentRecord = { signal: notice.signal, time: document.time }
  await replaceFile(paths.noticeSent, record)
  return deliveryOf(record)
}

/** What was told last. */
type SentRecord = Pick<Notice, 'signal' | 'time'>

function isSignalled({ signal }: Pick<Notice, 'signal'>): boolean {
  return signal !== null && signal !== 'none'
}

function deliveryOf(sent: SentRecord): NoticeDelivery {
  return { document: true, signal: isSignalled(sent) }
}

/** The AWS document of a rebalance recommendation. */
export async function warn(
  machine: LocalMachine,
  { attemptId, warning }: { readonly attemptId: string; readonly warning: Warning | null },
): Promise<void> {
  const paths = pathsOf(machine, attemptId)
  if (warning === null) return rm(paths.rebalance, { force: true })
  if (!existsSync(paths.admission) || existsSync(paths.rebalance)) return
  await publishFile(paths.rebalance, { noticeTime: inSeconds(warning.time) })
}

/** Instants in the documents of AWS have no fraction of a second. */
export function inSeconds(time: string): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** The AWS document of an interruption. */
export function instanceAction({ action, time }: Notice): { action: string; time: string } {
  return { action, time: inSeconds(time) }
}

/** A command that has not started has nobody to signal yet. */
async function untilStarted(paths: AttemptPaths): Promise<AttemptStatus> {
  const deadlineMs = monotonicMs() + START_WAIT_MS
  while (monotonicMs() < deadlineMs) {
    const status = await readStatus(paths)
    if (status !== null && status.phase !== 'starting') return status
    await pause(LOOK_MS)
  }
  throw new Error(
    `attempt ${paths.attemptId} has not started: its notice is written, but not signalled`,
  )
}
