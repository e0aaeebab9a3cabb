/**
 * What sbatch is told. Neither its words nor the script hold the lease's command or environment, which everybody on the
 * cluster could read there: the agent finds them in the attempt's folder, which only its user may enter.
 */
import { assert } from '#kernel/assert.ts'
import type { Admission } from '#platform/engines/engine.ts'
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import type { JobPaths } from './job-folder.ts'
import type { SlurmNode } from './slurm-answer.ts'
import { commentOf } from './slurm-cluster.ts'
import type { SlurmCluster } from './slurm-cluster.ts'
import { SlurmFailure } from './slurm-command.ts'

/** What was seen of nodes' sizes this long ago still holds. */
const SIZES_AGE_MAX_MS = 60_000

export interface JobRequest {
  readonly admission: Admission
  readonly paths: JobPaths
  readonly account: string | null
  readonly user: string | null
}

/** Quotes a word for a POSIX shell. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`
}

export function scriptOf(agentWords: readonly string[], paths: JobPaths): string {
  return `#!/bin/sh\nexec ${[...agentWords, paths.job].map(quote).join(' ')}\n`
}

/** The words of sbatch. */
export async function jobWords(
  cluster: SlurmCluster,
  { admission, paths, account, user }: JobRequest,
): Promise<readonly string[]> {
  const { submission } = cluster
  const { attemptId, placements, kind, timeLimitMs } = admission
  assert(!paths.log.includes('%'), 'Slurm would replace a % in the path of a log')
  const gpus = gpusPerNode(admission)
  const nodes = placements.map(({ node }) => node)
  const qos = submission.qos[kind]
  return [
    '--parsable',
    '--export=NIL',
    `--job-name=spillway-${attemptId}`,
    `--comment=${commentOf(await cluster.instance(), attemptId)}`,
    `--partition=${submission.partition}`,
    `--nodes=${nodes.length}`,
    `--nodelist=${nodes.join(',')}`,
    '--ntasks-per-node=1',
    `--gpus-per-node=${gpus}`,
    ...(await shareOfNode(cluster, nodes, gpus)),
    '--no-requeue',
    '--input=/dev/null',
    `--output=${paths.log}`,
    '--open-mode=append',
    `--chdir=${paths.job}`,
    // The bell that Slurm rings when it begins to take the job back; a minute is the finest that it keeps.
    '--signal=B:USR2@1',
    ...(account === null ? [] : [`--account=${account}`]),
    ...(qos === undefined ? [] : [`--qos=${qos}`]),
    ...(user === null ? [] : [`--uid=${user}`]),
    ...(timeLimitMs === null ? [] : [`--time=${Math.ceil(timeLimitMs / 60_000) + 1}`]),
  ]
}

/** Slurm gives each node of a job alike. */
function gpusPerNode({ placements }: Admission): number {
  const counts = new Set(placements.map(({ slots }) => slots.length))
  const [gpus] = counts
  if (gpus === undefined || counts.size > 1)
    throw new SlurmFailure(
      'sbatch',
      'Requested node configuration is not available: Slurm gives every node of a gang the same number of GPUs',
    )
  return gpus
}

/** As much of CPUs and memory as of GPUs, so that whoever has the other GPUs finds theirs. */
async function shareOfNode(
  { submission, snapshots }: SlurmCluster,
  names: readonly string[],
  gpus: number,
): Promise<readonly string[]> {
  const { nodes } = await snapshots.since(monotonicMs() - SIZES_AGE_MAX_MS)
  const known = names.flatMap((name) => nodes.get(name) ?? [])
  const least = (sizeOf: (node: SlurmNode) => number) =>
    Math.max(1, Math.min(...known.map((node) => Math.floor((sizeOf(node) * gpus) / node.gpus))))
  if (known.length === 0) return []
  const { cpusPerGpu, memoryMbPerGpu } = submission
  const cpus = cpusPerGpu === null ? least((node) => node.cpus) : cpusPerGpu * gpus
  const memory = memoryMbPerGpu === null ? least((node) => node.memoryMb) : memoryMbPerGpu * gpus
  return [`--cpus-per-task=${cpus}`, `--mem=${memory}M`]
}
