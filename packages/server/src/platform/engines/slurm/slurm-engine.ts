/**
 * The `slurm` engine: attempts as jobs of a real Slurm, asked and told by its own commands. What must outlive a crash
 * lies in one folder per attempt on the file system that the nodes share. Slurm places work on GPUs within a node; which
 * ones, the observation tells.
 */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, copyFile, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assert } from '#kernel/assert.ts'
import type { Engine, NoticeDelivery } from '#platform/engines/engine.ts'
import { createFile, readJson, replaceFile } from '#platform/engines/local/durable-file.ts'
import { createSharing } from '#platform/engines/local/sharing.ts'
import { prepareProgram, SHIM_FLAGS } from '#platform/engines/local/shim-program.ts'
import { monotonicMs, readBootId } from '#platform/processes/machine-clock.ts'
import { createAttempts } from './attempts.ts'
import type { Attempts } from './attempts.ts'
import { foreignWorkOf } from './foreign-work.ts'
import { notify, stop, warn } from './orders.ts'
import { createOversight } from './oversight.ts'
import { createAddresses } from './service-address.ts'
import { attemptOf, pathsOf } from './slurm-cluster.ts'
import type { SlurmCluster, SlurmSubmission } from './slurm-cluster.ts'
import { createSlurmCommand } from './slurm-command.ts'
import { drain, inventoryOf, resume } from './slurm-inventory.ts'
import { usageOf } from './slurm-usage.ts'
import { createSnapshots } from './snapshot.ts'
import type { Snapshot } from './snapshot.ts'
import { admit } from './submit.ts'
import { watchCluster } from './watch-cluster.ts'

export interface SlurmEngineOptions {
  /** On the file system that all nodes share; nobody else writes there. */
  readonly directory: string
  /** The server's environment: Slurm's commands get PATH and HOME of it. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The configuration file; null for where Slurm looks by itself. */
  readonly conf: string | null
  readonly submission: SlurmSubmission
  /** Node.js on the nodes; null to bring this one along. */
  readonly node: string | null
  /** For each of Slurm's commands. */
  readonly timeoutMs?: number
}

/** The agent, and what it runs in front of commands. */
const SOURCES = [
  fileURLToPath(new URL('agent.ts', import.meta.url)),
  fileURLToPath(new URL('../local/carrier.ts', import.meta.url)),
  fileURLToPath(new URL('../local/terminal/terminal-host.ts', import.meta.url)),
]
const KILL_WAIT_DEFAULT_MS = 30_000
/** States of jobs that have nodes, or had some until just now. */
const BEGUN = 'RUNNING,CONFIGURING,COMPLETING,SUSPENDED,STOPPED,SIGNALING,RESIZING,PREEMPTED'

export function createSlurmEngine(options: SlurmEngineOptions): Engine {
  const cluster = createCluster(options)
  const { submission, snapshots } = cluster
  const attempts = createAttempts(cluster)
  const oversee = createOversight(cluster, attempts)
  const sharing = createSharing<void>()
  const sharingNotices = createSharing<NoticeDelivery>()
  const inventory = async () => inventoryOf((await snapshots.recent()).nodes.values(), submission)
  const { list } = attempts
  const foreign = async (find: () => Promise<Snapshot>) => {
    await list()
    const snapshot = await find()
    return { snapshot, work: await foreignIn(cluster, snapshot, attempts.vacatedMs) }
  }
  return {
    name: 'slurm',
    inventory,
    admit: (admission) => sharing(admission.attemptId, () => admit(cluster, admission)),
    warn: (attemptId, warning) => warn(cluster, { attemptId, warning }),
    notify: (attemptId, notice) =>
      sharingNotices(`${attemptId} ${notice.time}`, () => notify(cluster, { attemptId, notice })),
    stop: (attemptId, graceMs) => stop(cluster, attemptId, graceMs),
    address: createAddresses(cluster),
    observe: (attemptId) => attempts.observe(attemptId),
    confirmGone: (attemptId) => confirmGone(attempts, attemptId),
    list,
    foreign: async () => {
      const nowMs = monotonicMs()
      const { snapshot, work } = await foreign(() => snapshots.since(nowMs))
      return { bootId: cluster.bootId, confirmedMs: snapshot.fromMs, work }
    },
    watch: (listener) => {
      const source = {
        look: snapshots.recent,
        probe: () => probe(cluster),
        list,
        inventory,
        oversee,
      }
      const works = async () => (await foreign(snapshots.recent)).work
      return watchCluster({ ...source, foreign: works }, listener)
    },
    drain: (node, reason) => drain(cluster, node, reason),
    resume: (node) => resume(cluster, node),
    usage: (sinceMs) => usageOf(cluster, sinceMs),
    forget: (attemptId) => forget(cluster, attempts, attemptId),
    log: async (attemptId) => {
      const { log } = pathsOf(cluster, attemptId)
      return existsSync(log) ? { path: log } : null
    },
    artifacts: async (attemptId) => {
      const { artifacts } = pathsOf(cluster, attemptId)
      return existsSync(artifacts) ? { path: artifacts } : null
    },
    discard: (attemptId) => rm(pathsOf(cluster, attemptId).work, { recursive: true, force: true }),
  }
}

/** What every job that has begun is at: far cheaper than a look, whatever waits in the queue. */
function probe({ slurm }: SlurmCluster): Promise<string> {
  return slurm('squeue', ['--noheader', `--states=${BEGUN}`, '--format=%A %T'])
}

async function confirmGone(
  attempts: Attempts,
  attemptId: string,
): Promise<'gone' | 'present' | 'unknown'> {
  const { state } = await attempts.observe(attemptId, monotonicMs())
  if (state === 'unknown') return 'unknown'
  return state === 'gone' || state === 'absent' ? 'gone' : 'present'
}

async function foreignIn(
  { instance, submission, directory }: SlurmCluster,
  snapshot: Snapshot,
  vacatedMs: (node: string) => number,
) {
  const own = await instance()
  const here = inventoryOf(snapshot.nodes.values(), submission)
  return foreignWorkOf({
    snapshot,
    // One that says it is ours, and of which nothing is written here, holds its GPUs as a stranger's does.
    isOurs: ({ comment }) => {
      const attemptId = attemptOf(own, comment)
      return attemptId !== null && existsSync(join(directory, 'attempts', attemptId))
    },
    nodes: new Set(here.map(({ node }) => node)),
    partition: submission.partition,
    vacatedMs,
  })
}

function createCluster(options: SlurmEngineOptions): SlurmCluster {
  const { directory, environment, conf, submission, node, timeoutMs } = options
  const slurm = createSlurmCommand({
    environment,
    conf,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  })
  const bootId = readBootId()
  const instance = once(() => makeInstance(directory))
  const ready = once(() => mkdir(directory, { recursive: true, mode: 0o711 }))
  const snapshots = createSnapshots({ directory, bootId, slurm })
  return {
    directory,
    bootId,
    submission,
    slurm,
    snapshots: {
      since: async (instantMs) => {
        await ready()
        return snapshots.since(instantMs)
      },
      recent: async () => {
        await ready()
        return snapshots.recent()
      },
    },
    instance,
    agentWords: once(() => prepareAgent(directory, node)),
    killWaitMs: once(() => readKillWait(slurm)),
  }
}

/** Done once; what failed is tried again when it is next asked for. */
function once<Result>(make: () => Promise<Result>): () => Promise<Result> {
  let made: Promise<Result> | null = null
  return () => {
    made ??= make().catch((error: unknown) => {
      made = null
      throw error
    })
    return made
  }
}

/** A name that no other installation on the cluster has. */
async function makeInstance(directory: string): Promise<string> {
  const path = join(directory, 'instance.json')
  await mkdir(directory, { recursive: true, mode: 0o711 })
  const found = await readJson<{ name: string }>(path)
  if (found !== null) return found.name
  await createFile(path, { name: randomBytes(6).toString('hex') })
  const made = await readJson<{ name: string }>(path)
  assert(made !== null, `${path} was written`)
  return made.name
}

/** The agent, and the program that runs it, lie where every node finds them and every user may read them. */
async function prepareAgent(directory: string, node: string | null): Promise<readonly string[]> {
  const folder = join(directory, 'agent')
  await mkdir(folder, { recursive: true, mode: 0o755 })
  const agent = await prepareProgram(SOURCES, folder)
  await chmod(join(agent, '..'), 0o755)
  return [node ?? (await bringNode(folder)), ...SHIM_FLAGS, agent]
}

async function bringNode(folder: string): Promise<string> {
  const path = join(folder, `node-${process.version}`)
  if (existsSync(path)) return path
  const aside = `${path}.${process.pid}-${process.hrtime.bigint()}`
  await copyFile(process.execPath, aside)
  await chmod(aside, 0o755)
  await rename(aside, path)
  return path
}

async function readKillWait(slurm: SlurmCluster['slurm']): Promise<number> {
  const seconds = /^KillWait\s*=\s*(\d+)/m.exec(await slurm('scontrol', ['show', 'config']))?.[1]
  return seconds === undefined ? KILL_WAIT_DEFAULT_MS : Number(seconds) * 1000
}

/** The log stays, and what the command left in its working directory. */
async function forget(cluster: SlurmCluster, attempts: Attempts, attemptId: string): Promise<void> {
  const paths = pathsOf(cluster, attemptId)
  if (!existsSync(paths.record)) return
  if (!existsSync(paths.forgotten)) {
    const { state } = await attempts.observe(attemptId)
    assert(
      state === 'gone',
      `attempt ${attemptId} is ${state}: only one that is gone can be forgotten`,
    )
    await replaceFile(paths.forgotten, {})
  }
  const { record, submission, started, gone, task, noticeOrder, warningOrder, stopOrder } = paths
  for (const path of [
    task,
    noticeOrder,
    warningOrder,
    stopOrder,
    submission,
    started,
    gone,
    record,
  ])
    await rm(path, { force: true })
}
