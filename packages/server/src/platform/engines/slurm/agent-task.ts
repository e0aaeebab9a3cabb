/**
 * The command on one node, from its start until none of its processes is left: what it is told, what is ordered
 * meanwhile, and the beat that says it lives. Ages only: the clocks of a node are nobody else's.
 */
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { homedir, hostname } from 'node:os'
import { resolve } from 'node:path'
import { present } from '#kernel/assert.ts'
import type { Placement } from '#platform/engines/engine.ts'
import { MARK_NAME } from '#platform/engines/local/attempt-folder.ts'
import type { AdmissionRecord, AttemptPaths, Exit } from '#platform/engines/local/attempt-folder.ts'
import { commandEnvironment, passable } from '#platform/engines/local/command-environment.ts'
import { startCommand } from '#platform/engines/local/command-start.ts'
import { readJson, replaceFile } from '#platform/engines/local/durable-file.ts'
import { describeExit } from '#platform/engines/local/exit-text.ts'
import { openHeartbeat } from '#platform/engines/local/heartbeat.ts'
import { serveMetadata } from '#platform/engines/local/metadata-server.ts'
import { endProcesses } from '#platform/engines/local/termination.ts'
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import { createProcessSet } from '#platform/processes/process-set.ts'
import type { ProcessSet } from '#platform/processes/process-set.ts'
import { createProcessTable } from '#platform/processes/process-table.ts'
import type { insideJob } from './job-folder.ts'
import type { JobEnd, NodePaths, NodeReport, NoticeOrder, StopOrder, Task } from './job-folder.ts'

const LOOK_MS = 1000
const BEAT_MS = 1000
/** What the command leaves behind gets this long after it ended by itself. */
const LEFTOVER_GRACE_MS = 2000
/** When Slurm itself ends a job, everything must be gone by then, or it kills the agent first. */
const SLURM_MARGIN_MS = 500

type Paths = ReturnType<typeof insideJob>

const table = createProcessTable()

/** What Slurm gave the agent. */
type Given = Readonly<Record<string, string | undefined>>

export async function runTask(paths: Paths, given: Given): Promise<JobEnd> {
  const task = present(await readJson<Task>(paths.task), paths.task)
  return new TaskRun(paths, task, given).run()
}

/** The place of this node in its gang. */
export function rankOf({ SLURM_NODEID }: Given): number {
  return Number(SLURM_NODEID ?? '0')
}

class TaskRun {
  readonly #paths: Paths
  readonly #node: NodePaths
  readonly #task: Task
  readonly #given: Given
  #deadlineMs = Number.POSITIVE_INFINITY
  #processes: ProcessSet | null = null
  #ending: Promise<void> | null = null
  #looking: Promise<void> = Promise.resolve()
  #noticed: NodeReport['noticed'] = null

  constructor(paths: Paths, task: Task, given: Given) {
    this.#paths = paths
    this.#node = paths.node(rankOf(given))
    this.#task = task
    this.#given = given
  }

  async run(): Promise<JobEnd> {
    // Slurm's request to end, a bell that says to look, and its announcement of a preemption.
    process.on('SIGTERM', () => this.#end(this.#task.killWaitMs - SLURM_MARGIN_MS))
    for (const signal of ['SIGURG', 'SIGUSR2'] as const) process.on(signal, () => this.#look())
    if (await this.#obeyStop()) return notStarted('it was stopped before it started')
    const shortage = shortageOf(this.#task, this.#given)
    if (shortage !== null) return notStarted(shortage)
    const started = await this.#start()
    if (started.kind === 'failed') return notStarted(started.text)
    const startedMs = monotonicMs()
    const heartbeat = openHeartbeat(this.#node.beat)
    heartbeat.beat(0)
    this.#processes = createProcessSet(table, {
      leader: started.leader,
      marker: `${MARK_NAME}=${this.#task.mark}`,
      ancestor: present(table.find(process.pid), 'the agent in the process table'),
      except: [process.pid],
    })
    // Slurm may have asked for the end while the command started.
    if (Number.isFinite(this.#deadlineMs)) this.#end(Number.POSITIVE_INFINITY)
    await this.#report()
    const looks = setInterval(() => this.#look(), LOOK_MS)
    const beats = setInterval(() => heartbeat.beat(monotonicMs() - startedMs), BEAT_MS)
    this.#look()
    const exit = await started.exited
    await this.#looking
    const wasStopped = this.#ending !== null
    await this.#endLeftovers(this.#processes)
    clearInterval(looks)
    clearInterval(beats)
    return this.#exited(monotonicMs() - startedMs, exit, wasStopped)
  }

  #exited(ranMs: number, exit: Exit, wasStopped: boolean): JobEnd {
    return { ranMs, ...exit, text: describeExit(exit, wasStopped) }
  }

  async #start() {
    const record = await this.#admissionRecord()
    // The metadata server and the start read these paths of an attempt and no others.
    const paths = {
      instanceAction: this.#node.instanceAction,
      rebalance: this.#node.rebalance,
      log: '/dev/stdout',
    } as AttemptPaths
    try {
      const metadata = await serveMetadata(record, paths)
      return await startCommand({ record, paths, table, metadataUrl: metadata.url, groups: [] })
    } catch (error) {
      return { kind: 'failed', text: `cannot start here: ${(error as Error).message}` } as const
    }
  }

  async #admissionRecord(): Promise<AdmissionRecord> {
    const { mark, token } = this.#task
    const admission = { ...this.#task.admission, placements: [placementIn(this.#given)] }
    const workingDirectory = resolve(this.#paths.work, admission.workingDirectory ?? '.')
    if (workingDirectory === this.#paths.work)
      await mkdir(workingDirectory, { recursive: true, mode: 0o700 })
    const environment = {
      ...commandEnvironment({
        admission,
        inherited: { ...this.#given, HOME: homedir() },
        cpus: [],
        noticePath: this.#node.instanceAction,
        mark,
        artifactsPath: this.#paths.artifacts,
        servicePort: null,
        seesOwnDevicesOnly: false,
      }),
      ...passable((await readJson<Record<string, string>>(this.#paths.secrets)) ?? {}),
      ...slurmEnvironment(this.#given),
      SPILLWAY_NODES: this.#task.admission.placements.map(({ node }) => node).join(','),
      SPILLWAY_NODE_RANK: String(rankOf(this.#given)),
    }
    const plain = { pin: [], sandbox: { kind: 'none' }, servicePort: null } as const
    return { admission, environment, workingDirectory, ...plain, mark, token }
  }

  /** One look after the other, however many bells ring. */
  #look(): void {
    this.#looking = this.#looking.then(async () => {
      try {
        await this.#obeyStop()
        await this.#obeyNotice()
        this.#endIfUnknown()
      } catch {
        // The shared file system does not answer; the next look is soon.
      }
    })
  }

  async #obeyNotice(): Promise<void> {
    const warning = await readJson<{ noticeTime: string }>(this.#paths.warningOrder)
    if (warning !== null && !existsSync(this.#node.rebalance))
      await replaceFile(this.#node.rebalance, warning)
    const order = await readJson<NoticeOrder>(this.#paths.noticeOrder)
    if (order === null || this.#noticed !== null) return
    const { action, time, signal } = order
    await replaceFile(this.#node.instanceAction, { action, time })
    const isSignalled = signal !== null && signal !== 'none'
    if (isSignalled) this.#processes?.signalGroup(signal as NodeJS.Signals)
    this.#noticed = { signal: isSignalled }
    await this.#report()
  }

  async #obeyStop(): Promise<boolean> {
    const order = await readJson<StopOrder>(this.#paths.stopOrder)
    if (order === null) return false
    this.#end(order.graceMs)
    return true
  }

  /** Work that no engine can see, stop or bill must not hold its slots: without its folder the attempt ends. */
  #endIfUnknown(): void {
    if (!existsSync(this.#paths.task)) this.#end(LEFTOVER_GRACE_MS)
  }

  /** The earliest deadline holds; a later look at the same order cannot postpone it. */
  #end(graceMs: number): void {
    this.#deadlineMs = Math.min(this.#deadlineMs, monotonicMs() + Math.max(0, graceMs))
    const processes = this.#processes
    if (processes === null) return
    const deadlineMs = () => this.#deadlineMs
    this.#ending ??= endProcesses(processes, { deadlineMs, seenAlive: () => {} })
  }

  async #endLeftovers(processes: ProcessSet): Promise<void> {
    if (processes.isAnyAlive()) this.#end(LEFTOVER_GRACE_MS)
    await this.#ending
  }

  async #report(): Promise<void> {
    const report: NodeReport = { phase: 'running', noticed: this.#noticed }
    await replaceFile(this.#node.report, report)
  }
}

function notStarted(text: string): JobEnd {
  return { ranMs: null, exitCode: null, exitSignal: null, text }
}

/** What Slurm really gave on this node: all GPUs of the machine are numbered alike, whatever the command sees. */
function placementIn({ SLURM_STEP_GPUS, SLURM_JOB_GPUS, SLURMD_NODENAME }: Given): Placement {
  const slots = (SLURM_STEP_GPUS ?? SLURM_JOB_GPUS ?? '').split(',').filter((part) => part !== '')
  return { node: SLURMD_NODENAME ?? hostname(), slots: slots.map(Number) }
}

/**
 * Why the command must not run, where Slurm did not give what was asked for: after a restart its controller may start a
 * job before the node has told of its GPUs, and such a job has none.
 */
export function shortageOf({ admission }: Pick<Task, 'admission'>, given: Given): string | null {
  const { node, slots } = placementIn(given)
  const asked = admission.placements.find((each) => each.node === node)?.slots.length ?? 0
  if (slots.length === asked) return null
  return `Slurm gave ${slots.length} GPUs on ${node}, where ${asked} were asked for; nothing was run`
}

/** The devices as Slurm numbers them for this job, and what its own programs need to know of it. */
function slurmEnvironment(given: Given): Record<string, string> {
  const own = Object.entries(given).filter(
    ([name]) => name.startsWith('SLURM') || name === 'CUDA_VISIBLE_DEVICES',
  )
  const known = own.flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  const devices = given['CUDA_VISIBLE_DEVICES'] ?? ''
  return { NVIDIA_VISIBLE_DEVICES: devices, ...Object.fromEntries(known) }
}
