/**
 * What running work is told: warnings, notices, and to stop. Orders are files that the agents follow within a second;
 * Slurm only rings the bell, so an order reaches them also while its controller is away.
 */
import { existsSync } from 'node:fs'
import { chown, rm } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { isSooner } from '#platform/engines/engine.ts'
import type { Notice, NoticeDelivery, Warning } from '#platform/engines/engine.ts'
import { readJson, replaceFile } from '#platform/engines/local/durable-file.ts'
import { inSeconds } from '#platform/engines/local/notify.ts'
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import type { AttemptRecord, JobPaths, NoticeOrder, StopOrder } from './job-folder.ts'
import { pathsOf, userOf } from './slurm-cluster.ts'
import type { SlurmCluster } from './slurm-cluster.ts'
import type { Submission } from './submit.ts'
import { findUnixUser } from './unix-user.ts'
import { readEndOf, readReport } from './user-file.ts'

const DELIVERY_WAIT_MS = 10_000
const LOOK_MS = 25

/** Null for an attempt that is not there any more. */
async function liveRecord(paths: JobPaths): Promise<AttemptRecord | null> {
  if (existsSync(paths.gone) || existsSync(paths.forgotten)) return null
  return readJson<AttemptRecord>(paths.record)
}

async function giveOrder(
  cluster: SlurmCluster,
  record: AttemptRecord,
  { path, order }: { readonly path: string; readonly order: unknown },
): Promise<void> {
  await replaceFile(path, order)
  const user = userOf(cluster, record.admission.organizationId)
  if (user === null) return
  const { uid, gid } = await findUnixUser(user)
  await chown(path, uid, gid)
}

/** Tells the agent to look at its orders. It would in a second by itself, so a bell that does not ring is no failure. */
async function ringBell(cluster: SlurmCluster, paths: JobPaths): Promise<void> {
  const submission = await readJson<Submission>(paths.submission)
  if (submission === null) return
  const words = ['--quiet', '--batch', '--signal=URG', String(submission.jobId)]
  await cluster.slurm('scancel', words).catch(() => '')
}

/** The agents see within a second that an order is there, or is there no more. */
export async function warn(
  cluster: SlurmCluster,
  { attemptId, warning }: { readonly attemptId: string; readonly warning: Warning | null },
): Promise<void> {
  const paths = pathsOf(cluster, attemptId)
  if (warning === null) return rm(paths.warningOrder, { force: true })
  const record = await liveRecord(paths)
  if (record === null || (await readJson(paths.warningOrder)) !== null) return
  const order = { noticeTime: inSeconds(warning.time) }
  await giveOrder(cluster, record, { path: paths.warningOrder, order })
}

/** The earliest notice stands. Resolves when the agents say that it is readable, and signalled where it is to be. */
export async function notify(
  cluster: SlurmCluster,
  { attemptId, notice }: { readonly attemptId: string; readonly notice: Notice },
): Promise<NoticeDelivery> {
  const paths = pathsOf(cluster, attemptId)
  const record = await readJson<AttemptRecord>(paths.record)
  if (record === null || existsSync(paths.forgotten)) return { document: false, signal: false }
  const { action, time, signal } = notice
  let order = await readJson<NoticeOrder>(paths.noticeOrder)
  const asked: NoticeOrder = { action, time: inSeconds(time), signal }
  if ((order === null || isSooner(asked, order)) && !existsSync(paths.gone)) {
    order = asked
    await giveOrder(cluster, record, { path: paths.noticeOrder, order })
  }
  const ranks = record.admission.placements.length
  const earlier = await deliveryOf(paths, { ranks, order: order ?? asked })
  if (earlier !== null) return earlier
  if (existsSync(paths.gone)) return { document: false, signal: false }
  await ringBell(cluster, paths)
  return untilDelivered(paths, { ranks, order: order ?? asked })
}

interface Delivering {
  readonly ranks: number
  readonly order: NoticeOrder
}

async function untilDelivered(paths: JobPaths, delivering: Delivering): Promise<NoticeDelivery> {
  const deadlineMs = monotonicMs() + DELIVERY_WAIT_MS
  while (monotonicMs() < deadlineMs) {
    const delivery = await deliveryOf(paths, delivering)
    if (delivery !== null) return delivery
    // It has ended by itself meanwhile: nobody is left to be told.
    if ((await readEndOf(paths.end)) !== null) return { document: true, signal: false }
    await pause(LOOK_MS)
  }
  throw new Error(`attempt ${paths.attemptId} has its notice written, but has not taken note of it`)
}

/** Null until every node has it. */
async function deliveryOf(
  paths: JobPaths,
  { ranks, order }: Delivering,
): Promise<NoticeDelivery | null> {
  let signal = true
  for (let rank = 0; rank < ranks; rank++) {
    const report = await readReport(paths.node(rank).report)
    if (report === null || report.noticed === null || isSooner(order, report.noticed)) return null
    signal &&= report.noticed.signal
  }
  return { document: true, signal }
}

/** The earliest deadline that anybody asked for holds. */
export async function stop(
  cluster: SlurmCluster,
  attemptId: string,
  graceMs: number,
): Promise<void> {
  const paths = pathsOf(cluster, attemptId)
  const record = await liveRecord(paths)
  if (record === null) return
  const { bootId } = cluster
  const deadlineMs = monotonicMs() + graceMs
  const earlier = await readJson<StopOrder>(paths.stopOrder)
  const isSooner = earlier === null || earlier.bootId !== bootId || deadlineMs < earlier.deadlineMs
  if (isSooner) {
    const order: StopOrder = { graceMs, deadlineMs, bootId }
    await giveOrder(cluster, record, { path: paths.stopOrder, order })
  }
  await cancelWaiting(cluster, paths)
  await ringBell(cluster, paths)
}

/** Slurm decides whether it still waits, so one that has just begun gets its grace. */
async function cancelWaiting(cluster: SlurmCluster, paths: JobPaths): Promise<void> {
  const submission = await readJson<Submission>(paths.submission)
  if (submission === null) return
  const words = ['--quiet', '--state=PENDING', String(submission.jobId)]
  // Whoever watches sees to it again, for as long as the attempt is there.
  await cluster.slurm('scancel', words).catch(() => '')
}
