/**
 * Starts attempts. The record is written first, then Slurm is asked whether it has a job of this attempt, and only then
 * is one submitted: a crash at any point, and any number of callers, make one job. Should two ever come to be, the claim
 * in the attempt's folder lets one of them run the command.
 */
import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { assert } from '#kernel/assert.ts'
import type { Admission } from '#platform/engines/engine.ts'
import {
  createFile,
  putSign,
  readJson,
  readSign,
  replaceFileSynced,
  sync,
} from '#platform/engines/local/durable-file.ts'
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import type { ProcessIdentity } from '#platform/processes/process-entry.ts'
import { createProcessTable, isAlive } from '#platform/processes/process-table.ts'
import { accountFor } from './accounts.ts'
import type { GoneObservation, JobPaths, StopOrder } from './job-folder.ts'
import { jobWords, scriptOf } from './job-script.ts'
import { recordAttempt } from './new-attempt.ts'
import type { SlurmJob } from './slurm-answer.ts'
import { attemptOf, pathsOf, userOf } from './slurm-cluster.ts'
import type { SlurmCluster } from './slurm-cluster.ts'
import { SlurmFailure } from './slurm-command.ts'

const LOCK_WAIT_MS = 60_000
const LOOK_MS = 10

export interface Submission {
  readonly jobId: number
}

/** Resolves when Slurm has the job and that is written down, or when it is written down that there will be none. */
export async function admit(cluster: SlurmCluster, admission: Admission): Promise<void> {
  const paths = pathsOf(cluster, admission.attemptId)
  assert(admission.command.length > 0, 'an admission without a command')
  assert(!existsSync(paths.forgotten), `attempt ${admission.attemptId} has run and been forgotten`)
  await recordAttempt(cluster, paths, admission)
  const objection = whyNot(cluster, admission)
  if (objection !== null) await refuse(cluster, paths, objection)
  if (isSettled(paths)) return
  const unlock = await lock(cluster, paths)
  try {
    if (!isSettled(paths)) await submit(cluster, paths, admission)
  } finally {
    await unlock()
  }
  await sync(paths.folder)
}

function whyNot(cluster: SlurmCluster, admission: Admission): string | null {
  const { tenant, organizationId, service, placements } = admission
  if (service?.terminal && placements.length > 1)
    return 'a terminal is on one node: ask for as many GPUs as one node has, or run the gang as a job'
  const isOpen = tenant === 'owner' || cluster.submission.isolation === 'none'
  if (isOpen || userOf(cluster, organizationId) !== null) return null
  return 'its organization has no Unix user on this cluster, and would run as Spillway itself'
}

function isSettled({ submission, gone }: JobPaths): boolean {
  return existsSync(submission) || existsSync(gone)
}

async function submit(cluster: SlurmCluster, paths: JobPaths, admission: Admission): Promise<void> {
  const { jobs, nodes } = await cluster.snapshots.since(monotonicMs())
  const earlier = await findJob(cluster, jobs, admission.attemptId)
  if (earlier !== null) return writeSubmission(paths, earlier)
  if ((await readJson<StopOrder>(paths.stopOrder)) !== null)
    return refuse(cluster, paths, 'it was stopped before it started')
  for (const { node } of admission.placements)
    if (nodes.get(node)?.isRegistered === false)
      throw new Error(`Slurm has not heard from ${node} since its controller started`)
  try {
    const user = userOf(cluster, admission.organizationId)
    const account = await accountFor(cluster, admission.organizationId, user)
    const words = await jobWords(cluster, { admission, paths, account, user })
    const input = scriptOf(await cluster.agentWords(), paths)
    const answer = await cluster.slurm('sbatch', words, { input })
    // With several clusters it says `id;cluster`.
    const jobId = Number(/^(\d+)(?:;\S+)?$/.exec(answer.trim())?.[1])
    if (!Number.isSafeInteger(jobId)) throw new SlurmFailure('sbatch', `odd answer: ${answer}`)
    await writeSubmission(paths, jobId)
  } catch (error) {
    if (!(error instanceof SlurmFailure) || !error.isRefusal) throw error
    await refuse(cluster, paths, error.message)
  }
}

/** The job of the attempt that Slurm has already, should a crash have come between it and its record. */
async function findJob(
  cluster: SlurmCluster,
  jobs: readonly SlurmJob[],
  attemptId: string,
): Promise<number | null> {
  const instance = await cluster.instance()
  const ours = jobs.filter(({ comment }) => attemptOf(instance, comment) === attemptId)
  return ours.length === 0 ? null : Math.min(...ours.map(({ id }) => id))
}

async function writeSubmission(paths: JobPaths, jobId: number): Promise<void> {
  await replaceFileSynced(paths.submission, { jobId } satisfies Submission)
}

/** Slurm said no: there is no job, and the claim makes sure that none ever runs the command. */
async function refuse(cluster: SlurmCluster, paths: JobPaths, text: string): Promise<void> {
  await putSign(paths.claim, { job: 'none' })
  await rm(paths.secrets, { force: true })
  await createFile(paths.gone, {
    state: 'gone',
    bootId: cluster.bootId,
    startedMs: null,
    goneMs: monotonicMs(),
    exitCode: null,
    exitSignal: null,
    how: 'start_failed',
    text,
  } satisfies GoneObservation)
}

interface LockHolder extends ProcessIdentity {
  readonly bootId: string
}

/** One submits at a time, here and in other processes of this machine; the lock of a dead one is taken away. */
async function lock(cluster: SlurmCluster, paths: JobPaths): Promise<() => Promise<void>> {
  const table = createProcessTable()
  const { pid, birth } = table.find(process.pid) ?? { pid: process.pid, birth: '' }
  const own: LockHolder = { pid, birth, bootId: cluster.bootId }
  const deadlineMs = monotonicMs() + LOCK_WAIT_MS
  while (!(await putSign(paths.lock, own))) {
    const holder = await readSign<LockHolder>(paths.lock)
    const isHeld = holder?.bootId === cluster.bootId && isAlive(table, holder)
    if (holder !== null && !isHeld) await takeAway(paths.lock)
    if (monotonicMs() > deadlineMs) throw new Error(`attempt ${paths.attemptId} is being submitted`)
    await pause(LOOK_MS)
  }
  return () => rm(paths.lock, { force: true })
}

/** Renamed first: of two who find it stale, one takes it away. */
async function takeAway(path: string): Promise<void> {
  const aside = `${path}.${process.pid}-${process.hrtime.bigint()}`
  try {
    await rename(path, aside)
    await rm(aside, { force: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
