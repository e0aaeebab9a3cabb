/**
 * Writes down a new attempt: its record, and everything that its agents wait for. What a customer's user may replace lies
 * in folders of its own, and the server, which may be root, writes nothing in there and follows no link in there.
 */
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { lchown, lstat, mkdir, open, rename } from 'node:fs/promises'
import type { Admission } from '#platform/engines/engine.ts'
import { carriedVariables } from '#platform/engines/local/carried-command.ts'
import { passable } from '#platform/engines/local/command-environment.ts'
import { createFile, readJson, sync } from '#platform/engines/local/durable-file.ts'
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import type { AttemptRecord, DoorOrder, JobPaths, Task } from './job-folder.ts'
import { pathsOf, userOf } from './slurm-cluster.ts'
import type { SlurmCluster } from './slurm-cluster.ts'
import { findUnixUser } from './unix-user.ts'
import type { UnixUser } from './unix-user.ts'

/** What was seen of nodes' addresses this long ago still holds. */
const ADDRESSES_AGE_MAX_MS = 60_000
const { O_CREAT, O_NOFOLLOW, O_WRONLY } = constants

/** The first record holds. */
export async function recordAttempt(
  cluster: SlurmCluster,
  paths: JobPaths,
  asked: Admission,
): Promise<void> {
  if ((await readJson(paths.record)) !== null) return
  // Others may pass through, to files and folders that let their owner in alone.
  for (const path of [paths.folder, paths.job]) await mkdir(path, { recursive: true, mode: 0o711 })
  for (const path of [paths.own, paths.work]) await mkdir(path, { recursive: true, mode: 0o700 })
  await takeOverArtifacts(cluster, paths, asked.previousAttemptId ?? null)
  const { task, secrets } = await makeTask(cluster, paths, asked)
  await createFile(paths.task, task)
  await createFile(paths.secrets, secrets)
  const userName = userOf(cluster, asked.organizationId)
  const user = userName === null ? null : await findUnixUser(userName)
  for (const path of filesOf(paths, asked.placements.length)) await hand(path, user)
  // Last, because from then on the user may change what is in them.
  for (const path of [paths.artifacts, paths.own, paths.work])
    if (user !== null) await lchown(path, user.uid, user.gid)
  const { bootId } = cluster
  const { admission, door } = task
  const content = { admission, bootId, admittedMs: monotonicMs(), ...(door ? { door } : {}) }
  await createFile(paths.record, content satisfies AttemptRecord)
  for (const path of [paths.record, paths.task, paths.job, paths.folder]) await sync(path)
}

async function makeTask(
  cluster: SlurmCluster,
  { inputsReady }: JobPaths,
  asked: Admission,
): Promise<{ task: Task; secrets: Readonly<Record<string, string>> }> {
  // Signed addresses are as secret as variables.
  const { secretEnvironment = {}, inputs = [], outputs = [], ...admission } = asked
  const isGang = asked.placements.length > 1
  const transfers = { inputs, outputs, ...(isGang ? { readyPath: inputsReady } : {}) }
  const task: Task = {
    admission,
    mark: randomBytes(16).toString('hex'),
    token: randomBytes(16).toString('hex'),
    killWaitMs: await cluster.killWaitMs(),
    ...(asked.service ? { door: await orderDoor(cluster, asked) } : {}),
  }
  return { task, secrets: { ...passable(secretEnvironment), ...carriedVariables(transfers) } }
}

/** The key is random, and lies only where the attempt's user may read. */
async function orderDoor(
  { snapshots }: SlurmCluster,
  { placements }: Admission,
): Promise<DoorOrder> {
  const { nodes } = await snapshots.since(monotonicMs() - ADDRESSES_AGE_MAX_MS)
  const addresses = placements.map(({ node }) => [node, nodes.get(node)?.address ?? node] as const)
  return { key: randomBytes(32).toString('hex'), addresses: Object.fromEntries(addresses) }
}

/** What the attempt before left in its artifacts folder is where the next one finds it. */
async function takeOverArtifacts(
  cluster: SlurmCluster,
  { artifacts }: JobPaths,
  previous: string | null,
): Promise<void> {
  if (await isFolder(artifacts)) return
  const earlier = previous === null ? null : pathsOf(cluster, previous).artifacts
  if (earlier !== null && (await isFolder(earlier))) await rename(earlier, artifacts)
  else await mkdir(artifacts, { recursive: true, mode: 0o700 })
}

/** A link to one is none. */
async function isFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null))?.isDirectory() ?? false
}

function filesOf(paths: JobPaths, ranks: number): string[] {
  const { task, secrets, log, noticeOrder, warningOrder, stopOrder, inputsReady, end } = paths
  const orders = [task, secrets, log, noticeOrder, warningOrder, stopOrder, inputsReady, end]
  const reports = Array.from({ length: ranks }, (_, rank) => paths.node(rank))
  return [
    ...orders,
    ...reports.flatMap(({ report, beat, end: nodeEnd }) => [report, beat, nodeEnd]),
  ]
}

/** Makes sure that the file is there, and gives it to the user. */
async function hand(path: string, user: UnixUser | null): Promise<void> {
  const file = await open(path, O_WRONLY | O_CREAT | O_NOFOLLOW, 0o600)
  try {
    if (user !== null) await file.chown(user.uid, user.gid)
  } finally {
    await file.close()
  }
}
