/**
 * The command on one node, from its start until none of its processes is left: what it is told, what is ordered
 * meanwhile, and the beat that says it lives. Ages only: the clocks of a node are nobody else's.
 */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { present } from '#kernel/assert.ts'
import { isSooner } from '#platform/engines/engine.ts'
import { describeEnd } from '#platform/engines/local/attempt-end.ts'
import { MARK_NAME } from '#platform/engines/local/attempt-folder.ts'
import type { AdmissionRecord, AttemptPaths, Exit } from '#platform/engines/local/attempt-folder.ts'
import { startCommand } from '#platform/engines/local/command-start.ts'
import { readJson, replaceFile } from '#platform/engines/local/durable-file.ts'
import { createFilesWatch } from '#platform/engines/local/files-watch.ts'
import { openHeartbeat } from '#platform/engines/local/heartbeat.ts'
import { serveMetadata } from '#platform/engines/local/metadata-server.ts'
import { endProcesses } from '#platform/engines/local/termination.ts'
import { TRANSFERS_NAME } from '#platform/engines/local/transfers.ts'
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import { createProcessSet } from '#platform/processes/process-set.ts'
import type { ProcessSet } from '#platform/processes/process-set.ts'
import { createProcessTable } from '#platform/processes/process-table.ts'
import { openDoor } from './agent-door.ts'
import { makeTaskRecord, rankOf, readSecrets, shortageOf } from './agent-record.ts'
import type { Given } from './agent-record.ts'
import type { insideJob } from './job-folder.ts'
import type { JobEnd, NodePaths, NodeReport, NoticeOrder, StopOrder, Task } from './job-folder.ts'

const LOOK_MS = 1000
const BEAT_MS = 1000
/** What the command leaves behind gets this long after it ended by itself. */
const LEFTOVER_GRACE_MS = 2000
/** When Slurm itself ends a job, everything must be gone by then, or it kills the agent first. */
const SLURM_MARGIN_MS = 500
const INPUTS_LOOK_MS = 250
/** Of one that was asked to end before its command began. */
export const STOPPED_TEXT = 'it was stopped before it started'

type Paths = ReturnType<typeof insideJob>

const table = createProcessTable()

export async function runTask(paths: Paths, given: Given): Promise<JobEnd> {
  const task = present(await readJson<Task>(paths.task), paths.task)
  return new TaskRun(paths, task, given).run()
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
  #door: NodeReport['door'] = null
  /** Why its files made an end of it. */
  #fileFault: string | null = null
  readonly #findFileFault: () => Promise<string | null>

  constructor(paths: Paths, task: Task, given: Given) {
    this.#paths = paths
    this.#node = paths.node(rankOf(given))
    this.#task = task
    this.#given = given
    const { artifactsBytesMax = Number.POSITIVE_INFINITY } = task.admission
    this.#findFileFault = createFilesWatch(paths, artifactsBytesMax)
  }

  async run(): Promise<JobEnd> {
    // Slurm's request to end, a bell that says to look, and its announcement of a preemption.
    process.on('SIGTERM', () => this.#end(this.#task.killWaitMs - SLURM_MARGIN_MS))
    for (const signal of ['SIGURG', 'SIGUSR2'] as const) process.on(signal, () => this.#look())
    if (await this.#obeyStop()) return notStarted(STOPPED_TEXT)
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

  async #exited(ranMs: number, exit: Exit, wasStopped: boolean): Promise<JobEnd> {
    const known = { exit, wasStopped, fileFault: this.#fileFault }
    const { text } = await describeEnd(this.#paths, known)
    return { ranMs, ...exit, text }
  }

  async #start() {
    const [paths, task, given] = [this.#paths, this.#task, this.#given]
    const secrets = await readSecrets(paths)
    if (TRANSFERS_NAME in secrets && !(await this.#untilInputs()))
      return { kind: 'failed', text: STOPPED_TEXT } as const
    const record = await makeTaskRecord({ paths, task, given, secrets })
    return this.#startRecorded(record)
  }

  /** The first node of a gang fetches the inputs for all. False when there is nothing to wait for any more. */
  async #untilInputs(): Promise<boolean> {
    if (rankOf(this.#given) === 0) return true
    while ((await readJson(this.#paths.inputsReady)) === null) {
      if (Number.isFinite(this.#deadlineMs) || (await this.#obeyStop())) return false
      await pause(INPUTS_LOOK_MS)
    }
    return true
  }

  async #startRecorded(record: AdmissionRecord) {
    // The metadata server and the start read these paths of an attempt and no others.
    const paths = {
      instanceAction: this.#node.instanceAction,
      rebalance: this.#node.rebalance,
      log: '/dev/stdout',
    } as AttemptPaths
    try {
      const { servicePort } = record
      const pids = () => this.#processes?.pids() ?? []
      if (servicePort !== null && rankOf(this.#given) === 0)
        this.#door = await openDoor({ task: this.#task, given: this.#given, servicePort, pids })
      const metadata = await serveMetadata(record, paths)
      return await startCommand({ record, paths, table, metadataUrl: metadata.url, groups: [] })
    } catch (error) {
      return { kind: 'failed', text: `cannot start here: ${(error as Error).message}` } as const
    }
  }

  /** One look after the other, however many bells ring. */
  #look(): void {
    this.#looking = this.#looking.then(async () => {
      try {
        await this.#obeyStop()
        await this.#obeyNotice()
        this.#endIfUnknown()
        await this.#watchFiles()
      } catch {
        // The shared file system does not answer; the next look is soon.
      }
    })
  }

  async #obeyNotice(): Promise<void> {
    const warning = await readJson<{ noticeTime: string }>(this.#paths.warningOrder)
    if (warning === null) await rm(this.#node.rebalance, { force: true })
    else if (!existsSync(this.#node.rebalance)) await replaceFile(this.#node.rebalance, warning)
    const order = await readJson<NoticeOrder>(this.#paths.noticeOrder)
    if (order === null || (this.#noticed !== null && !isSooner(order, this.#noticed))) return
    const { action, time, signal } = order
    await replaceFile(this.#node.instanceAction, { action, time })
    const isSignalled = signal !== null && signal !== 'none'
    if (isSignalled) this.#processes?.signalGroup(signal as NodeJS.Signals)
    this.#noticed = { signal: isSignalled, time }
    await this.#report()
  }

  async #obeyStop(): Promise<boolean> {
    const order = await readJson<StopOrder>(this.#paths.stopOrder)
    if (order === null) return false
    this.#end(order.graceMs)
    return true
  }

  /** In a gang the folder is one, and the first node looks after it. */
  async #watchFiles(): Promise<void> {
    if (this.#processes === null || rankOf(this.#given) !== 0) return
    const fault = await this.#findFileFault()
    if (fault === null || this.#ending !== null) return
    this.#fileFault = fault
    this.#end(LEFTOVER_GRACE_MS)
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
    const report: NodeReport = { phase: 'running', noticed: this.#noticed, door: this.#door }
    await replaceFile(this.#node.report, report)
  }
}

function notStarted(text: string): JobEnd {
  return { ranMs: null, exitCode: null, exitSignal: null, text }
}
