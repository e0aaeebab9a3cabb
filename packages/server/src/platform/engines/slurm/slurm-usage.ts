/** What Slurm's own accounting says of attempts, to check ours against: every run of a job, also those it repeated. */
import type { EngineUsage } from '#platform/engines/engine.ts'
import { readJson } from '#platform/engines/local/durable-file.ts'
import { isAttemptId } from '#platform/engines/local/local-machine.ts'
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import { attemptOf, pathsOf } from './slurm-cluster.ts'
import type { SlurmCluster } from './slurm-cluster.ts'
import type { Submission } from './submit.ts'

const FIELDS = 'JobIDRaw,JobName,Comment,Start,End,AllocTRES,State'
/** The controller's clock as it was measured this long ago still holds. */
const CLOCK_AGE_MAX_MS = 60_000
const MARGIN_SECONDS = 60
const NAME_PREFIX = 'spillway-'

export async function usageOf(
  cluster: SlurmCluster,
  sinceMs: number,
): Promise<readonly EngineUsage[]> {
  if (!(await keepsAccounts(cluster))) return []
  const { atSeconds } = await cluster.snapshots.since(monotonicMs() - CLOCK_AGE_MAX_MS)
  const instance = await cluster.instance()
  const zeroMs = atSeconds(0)
  const sinceSeconds = Math.max(1, Math.floor((sinceMs - zeroMs) / 1000) - MARGIN_SECONDS)
  const start = new Date(sinceSeconds * 1000).toISOString().slice(0, 19)
  const words = ['-D', '-X', '-P', '-n', '-a', `--starttime=${start}`, `--format=${FIELDS}`]
  const text = await cluster.slurm('sacct', words)
  const lines = text.split('\n').flatMap((line) => parseUsage(line))
  const ours = await Promise.all(lines.map((line) => isOurs(cluster, instance, line)))
  return lines
    .filter((_, index) => ours[index])
    .map(({ attemptId, gpus, startSeconds, endSeconds }) => ({
      attemptId,
      bootId: cluster.bootId,
      gpus,
      startedMs: atSeconds(startSeconds),
      endedMs: endSeconds === null ? null : atSeconds(endSeconds),
    }))
    .filter(({ endedMs }) => endedMs === null || endedMs >= sinceMs)
}

/** Slurm keeps the comment of a job from its end on; until then its number has to do. */
async function isOurs(
  cluster: SlurmCluster,
  instance: string,
  { attemptId, comment, jobId }: UsageLine,
): Promise<boolean> {
  if (comment !== '') return attemptOf(instance, comment) === attemptId
  const submission = await readJson<Submission>(pathsOf(cluster, attemptId).submission)
  return submission?.jobId === jobId
}

async function keepsAccounts({ slurm }: SlurmCluster): Promise<boolean> {
  const text = await slurm('scontrol', ['show', 'config'])
  return /^AccountingStorageType\s*=\s*accounting_storage\/slurmdbd/m.test(text)
}

interface UsageLine {
  readonly jobId: number
  readonly attemptId: string
  readonly comment: string
  readonly gpus: number
  readonly startSeconds: number
  readonly endSeconds: number | null
}

/** Nothing for a line of a job that cannot be ours, or that did not start. Pure. */
export function parseUsage(line: string): readonly UsageLine[] {
  const [job = '', name = '', comment = '', start = '', end = '', tres = ''] = line.split('|')
  const attemptId = name.slice(NAME_PREFIX.length)
  if (!name.startsWith(NAME_PREFIX) || !isAttemptId(attemptId)) return []
  const startSeconds = Number(start)
  if (!(startSeconds > 0)) return []
  const gpus = Number(/gres\/gpu=(\d+)/.exec(tres)?.[1] ?? 0)
  const endSeconds = Number(end) > 0 ? Number(end) : null
  return [{ jobId: Number(job), attemptId, comment, gpus, startSeconds, endSeconds }]
}
