/**
 * Slurm's answers as values: jobs from `squeue --json`, nodes from `sinfo --json`. Pure. Lenient about what it does not
 * need; but an answer that reports an error, or lacks what is needed, is no answer, even where the command said all is well.
 */
import { z } from 'zod'
import type { Placement } from '#platform/engines/engine.ts'

const seconds = z.number().nullish()

const jobAnswer = z.object({
  job_id: z.number().int(),
  job_state: z.string().min(1),
  state_reason: z.string().nullish(),
  name: z.string().nullish(),
  comment: z.string().nullish(),
  user_name: z.string().nullish(),
  account: z.string().nullish(),
  qos: z.string().nullish(),
  partition: z.string().nullish(),
  node_count: z.number().nullish(),
  job_resources: z
    .object({ allocated_nodes: z.array(z.object({ nodename: z.string() })).nullish() })
    .nullish(),
  gres_detail: z.array(z.string()).nullish(),
  submit_time: seconds,
  start_time: seconds,
  end_time: seconds,
  preempt_time: seconds,
  restart_cnt: z.number().nullish(),
  exit_code: z.number().nullish(),
  time_limit: z.number().nullish(),
  tres_req_str: z.string().nullish(),
  tres_alloc_str: z.string().nullish(),
})

const nodeAnswer = z.object({
  name: z.string().min(1),
  address: z.string().nullish(),
  state: z.string().min(1),
  state_flags: z.array(z.string()),
  reason: z.string().nullish(),
  gres: z.string().nullish(),
  cpus: z.number(),
  real_memory: z.number(),
  partitions: z.array(z.string()).nullish(),
  /** Newer versions say such numbers with whether they are set. */
  slurmd_start_time: z.union([z.number(), z.object({ number: z.number() })]).nullish(),
})

const answerErrors = z.array(z.unknown()).nullish()
const jobsAnswer = z.object({ errors: answerErrors, jobs: z.array(jobAnswer) })
const nodesAnswer = z.object({ errors: answerErrors, nodes: z.array(nodeAnswer) })

export interface SlurmJob {
  readonly id: number
  /** Such as `RUNNING`; `COMPLETING` while anything of it is left on a node. */
  readonly state: string
  readonly reason: string
  readonly name: string
  readonly comment: string
  readonly user: string
  readonly account: string
  readonly qos: string
  readonly partition: string
  readonly nodes: number
  readonly gpus: number
  readonly placements: readonly Placement[]
  /** Instants by the controller's clock, null where there is none. */
  readonly startSeconds: number | null
  readonly endSeconds: number | null
  readonly preemptSeconds: number | null
  readonly restarts: number
  /** As `wait` gives it: code and signal in one. */
  readonly waitStatus: number
  readonly timeLimitMinutes: number | null
}

export interface SlurmNode {
  readonly name: string
  /** How other machines of the cluster reach it. */
  readonly address: string
  readonly state: string
  readonly flags: readonly string[]
  readonly reason: string
  readonly gpus: number
  /** Such as `h100`; empty where the configuration names none. */
  readonly gpuType: string
  readonly cpus: number
  readonly memoryMb: number
  readonly partitions: readonly string[]
  /**
   * False from a restart of the controller until the node's daemon has told it of its GPUs. A node with work counts as
   * usable meanwhile, and a job that starts there gets no GPU at all (22.05).
   */
  readonly isRegistered: boolean
}

/** Throws when the text is not a clean answer. */
export function parseJobs(text: string): readonly SlurmJob[] {
  const answer = jobsAnswer.parse(JSON.parse(text))
  refuseErrors(answer.errors)
  return answer.jobs.map(jobOf)
}

/** Throws when the text is not a clean answer, or names no node at all. */
export function parseNodes(text: string): readonly SlurmNode[] {
  const answer = nodesAnswer.parse(JSON.parse(text))
  refuseErrors(answer.errors)
  if (answer.nodes.length === 0) throw new Error('Slurm named no node: a cluster has some')
  return answer.nodes.map(nodeOf)
}

/** The controller's clock, from the first lines of `sdiag`. */
export function parseControllerSeconds(text: string): number {
  const found = /^sdiag output at .*\((\d+)\)\s*$/m.exec(text)?.[1]
  if (found === undefined) throw new Error('sdiag does not say what time it is')
  return Number(found)
}

function refuseErrors(errors: readonly unknown[] | null | undefined): void {
  if (errors !== null && errors !== undefined && errors.length > 0)
    throw new Error(`Slurm answered with errors: ${JSON.stringify(errors).slice(0, 300)}`)
}

function jobOf(answer: z.output<typeof jobAnswer>): SlurmJob {
  return {
    id: answer.job_id,
    state: answer.job_state,
    reason: answer.state_reason ?? '',
    name: answer.name ?? '',
    comment: answer.comment ?? '',
    user: answer.user_name ?? '',
    account: answer.account ?? '',
    qos: answer.qos ?? '',
    partition: answer.partition ?? '',
    nodes: answer.node_count ?? 0,
    gpus: countGpus(answer.tres_alloc_str ?? '') ?? countGpus(answer.tres_req_str ?? '') ?? 0,
    placements: placementsOf(answer),
    startSeconds: instantOf(answer.start_time),
    endSeconds: instantOf(answer.end_time),
    preemptSeconds: instantOf(answer.preempt_time),
    restarts: answer.restart_cnt ?? 0,
    waitStatus: answer.exit_code ?? 0,
    timeLimitMinutes: answer.time_limit ?? null,
  }
}

function instantOf(answer: number | null | undefined): number | null {
  return answer === null || answer === undefined || answer <= 0 ? null : answer
}

/** From `cpu=1,mem=32000M,gres/gpu=2`; null where GPUs are not counted. */
function countGpus(tres: string): number | null {
  const found = /(?:^|,)gres\/gpu=(\d+)/.exec(tres)?.[1]
  return found === undefined ? null : Number(found)
}

function placementsOf(answer: z.output<typeof jobAnswer>): readonly Placement[] {
  const nodes = answer.job_resources?.allocated_nodes ?? []
  return nodes.map(({ nodename }, index) => ({
    node: nodename,
    slots: slotsOf(answer.gres_detail?.[index] ?? ''),
  }))
}

/** GPU indexes from `gpu:h100:3(IDX:0-1,5)`, of several types separated by commas. */
export function slotsOf(detail: string): readonly number[] {
  const parts = [...detail.matchAll(/gpu(?::[^(:,]+)?:\d+\(IDX:([0-9,-]+)\)/g)]
  const slots = parts.flatMap(([, list = '']) => list.split(',').flatMap(rangeOf))
  return slots.toSorted((left, right) => left - right)
}

function rangeOf(text: string): readonly number[] {
  const [first = '', last = first] = text.split('-')
  const start = Number(first)
  return Array.from({ length: Number(last) - start + 1 }, (_, offset) => start + offset)
}

/** Null where Slurm does not say; zero until the node's daemon has spoken to this controller. */
function startSeconds(value: z.output<typeof nodeAnswer>['slurmd_start_time']): number | null {
  return typeof value === 'object' ? (value?.number ?? null) : (value ?? null)
}

function nodeOf(answer: z.output<typeof nodeAnswer>): SlurmNode {
  // Such as `gpu:h100:8(S:0-1),gpu:a100:2`, and `gpu:8` where there is no type.
  const parts = [...(answer.gres ?? '').matchAll(/gpu(?::([^(:,]+))?:(\d+)/g)]
  return {
    name: answer.name,
    address: answer.address || answer.name,
    state: answer.state.toLowerCase(),
    flags: answer.state_flags.map((flag) => flag.toUpperCase()),
    reason: answer.reason ?? '',
    gpus: parts.reduce((sum, [, , count]) => sum + Number(count), 0),
    gpuType: parts.map(([, type]) => type ?? '').join(' and '),
    cpus: answer.cpus,
    memoryMb: answer.real_memory,
    partitions: answer.partitions ?? [],
    isRegistered: startSeconds(answer.slurmd_start_time) !== 0,
  }
}
