/**
 * The shim: one small process per attempt, parent of its command, in a session of its own so that it outlives the
 * server. It records start and exit, beats while the processes live, answers for the metadata, and enforces a stop
 * even when nobody is left who asked. Node's own modules only: every megabyte here is paid once per lease.
 *
 * Usage: node shim.mjs <engine directory> <attempt id> <boot id>
 */
import { existsSync, writeFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { present } from '#kernel/assert.ts'
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import type { ProcessIdentity } from '#platform/processes/process-entry.ts'
import { createProcessSet } from '#platform/processes/process-set.ts'
import type { ProcessSet } from '#platform/processes/process-set.ts'
import { createProcessTable } from '#platform/processes/process-table.ts'
import { describeCarriage, describeEnd } from './attempt-end.ts'
import type { Farewell } from './attempt-end.ts'
import { MARK_NAME, attemptPaths } from './attempt-folder.ts'
import type { AdmissionRecord, AttemptPaths, AttemptStatus, Exit } from './attempt-folder.ts'
import type { StopRequest } from './attempt-folder.ts'
import { containerOf, countOomKills, makeGroups, removeGroups } from './cgroups/attempt-groups.ts'
import type { PlannedGroup } from './cgroups/attempt-groups.ts'
import { startCommand } from './command-start.ts'
import type { CommandStart } from './command-start.ts'
import { putSign, readJson, replaceFileSynced, sync } from './durable-file.ts'
import { describeExit, describeMemoryEnd } from './exit-text.ts'
import { createFilesWatch } from './files-watch.ts'
import { openHeartbeat } from './heartbeat.ts'
import type { Heartbeat } from './heartbeat.ts'
import { serveMetadata } from './metadata-server.ts'
import { startSandboxed } from './sandbox/sandbox-start.ts'
import { endProcesses } from './termination.ts'
import { TRANSFERS_NAME } from './transfers.ts'

const BEAT_MS = 500
const WRITE_RETRY_MS = 1000
/** What the command leaves behind gets this long after it ended by itself. */
const LEFTOVER_GRACE_MS = 2000
/** SIGUSR2 wakes the shim once it is at work; before that it must not kill it. */
const IGNORED_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGPIPE', 'SIGUSR2'] as const

const table = createProcessTable()

/** One shim's life. */
class Shim {
  readonly #paths: AttemptPaths
  readonly #record: AdmissionRecord
  readonly #bootId: string
  readonly #self: ProcessIdentity
  #groups: readonly PlannedGroup[] = []
  #deadlineMs = Number.POSITIVE_INFINITY
  #processes: ProcessSet | null = null
  #ending: Promise<void> | null = null
  /** Why its files made an end of it. */
  #fileFault: string | null = null
  readonly #findFileFault: () => Promise<string | null>

  constructor(paths: AttemptPaths, record: AdmissionRecord, bootId: string) {
    const { pid, birth } = present(table.find(process.pid), 'the shim in the process table')
    this.#paths = paths
    this.#record = record
    this.#bootId = bootId
    this.#self = { pid, birth }
    const { artifactsBytesMax = Number.POSITIVE_INFINITY } = record.admission
    this.#findFileFault = createFilesWatch(paths, artifactsBytesMax)
  }

  /** Runs the attempt to its end, unless another shim has claimed it. */
  async run(): Promise<void> {
    const claimedMs = monotonicMs()
    const claim = { phase: 'starting', ...this.#witness(), claimedMs } as const
    if (!(await putSign(this.#paths.claim, claim))) return
    const heartbeat = openHeartbeat(this.#paths.heartbeat)
    heartbeat.beat(claimedMs)
    const look = () => {
      heartbeat.beat(monotonicMs())
      this.#endIfUnknown()
      this.#watchFiles().catch(reportFailure(this.#paths))
      this.#obeyStop().catch(reportFailure(this.#paths))
    }
    const timer = setInterval(look, BEAT_MS)
    process.on('SIGUSR2', look)
    const gone = await this.#supervise(heartbeat)
    clearInterval(timer)
    // What cannot be removed yet is swept later.
    await removeGroups(this.#plannedPaths)
    await this.#write(gone)
  }

  /** Who watches, since which boot, and how to find the processes without it. */
  #witness() {
    const [bootId, shim, groups] = [this.#bootId, this.#self, this.#plannedPaths]
    return { bootId, shim, mark: this.#record.mark, groups }
  }

  get #plannedPaths(): readonly string[] {
    return this.#record.groups?.groups.map(({ path }) => path) ?? []
  }

  async #supervise(heartbeat: Heartbeat): Promise<AttemptStatus> {
    if (await this.#obeyStop()) return this.#notStarted('it was stopped before it started')
    const started = await this.#start()
    if (started.kind === 'failed') {
      await this.#dropSecrets()
      return this.#notStarted(started.text)
    }
    const startedMs = monotonicMs()
    heartbeat.beat(startedMs)
    const { leader, holder } = started
    this.#processes = createProcessSet(table, {
      leader,
      marker: `${MARK_NAME}=${this.#record.mark}`,
      ancestor: this.#self,
      except: holder === null ? [process.pid] : [process.pid, holder],
      container: containerOf(this.#groups.map(({ path }) => path)),
    })
    const running = { phase: 'running', ...this.#witness(), leader, holder, startedMs } as const
    await this.#write({ ...running, exit: null })
    await this.#dropSecrets()
    await this.#obeyStop()
    const exit = await started.exited
    const wasStopped = (await this.#obeyStop()) || this.#ending !== null
    await this.#endLeftovers(this.#processes, () => this.#write({ ...running, exit }))
    return this.#exited(startedMs, exit, await this.#describe(exit, wasStopped))
  }

  async #start(): Promise<CommandStart> {
    try {
      const [record, paths, plan] = [this.#record, this.#paths, this.#record.sandbox]
      if (plan.kind === 'refused') return { kind: 'failed', text: plan.text }
      const groups = (this.#groups = record.groups ? makeGroups(record.groups) : [])
      const start = { record, paths, table, groups }
      if (plan.kind === 'bubblewrap') return await startSandboxed({ ...start, plan })
      const { url: metadataUrl } = await serveMetadata(record, paths)
      return await startCommand({ ...start, metadataUrl })
    } catch (error) {
      return { kind: 'failed', text: `cannot start here: ${(error as Error).message}` }
    }
  }

  /** The command has them; nobody needs them again. */
  async #dropSecrets(): Promise<void> {
    await rm(this.#paths.secrets, { force: true }).catch(reportFailure(this.#paths))
  }

  /** The lease is over when its command ends; what the command left behind ends with it. */
  async #endLeftovers(processes: ProcessSet, recordExit: () => Promise<void>): Promise<void> {
    if (this.#ending === null && processes.isAnyAlive()) {
      await recordExit()
      this.#end(processes, monotonicMs() + LEFTOVER_GRACE_MS)
    }
    await this.#ending
  }

  /** Looks for a stop request and begins to enforce it. Says whether there is one. */
  async #obeyStop(): Promise<boolean> {
    const request = await readJson<StopRequest>(this.#paths.stopRequest)
    if (request === null || request.bootId !== this.#bootId) return false
    if (this.#processes !== null) this.#end(this.#processes, request.deadlineMs)
    return true
  }

  /** Work that no engine can see, stop or bill must not hold its slots: without its folder the attempt ends. */
  #endIfUnknown(): void {
    if (this.#processes !== null && !existsSync(this.#paths.folder))
      this.#end(this.#processes, monotonicMs() + LEFTOVER_GRACE_MS)
  }

  /** One lease must not fill the disk that all of them, and the server, stand on. */
  async #watchFiles(): Promise<void> {
    if (this.#processes === null) return
    const fault = await this.#findFileFault()
    if (fault === null || this.#ending !== null) return
    this.#fileFault = fault
    this.#end(this.#processes, monotonicMs() + LEFTOVER_GRACE_MS)
  }

  #end(processes: ProcessSet, deadlineMs: number): void {
    this.#deadlineMs = Math.min(this.#deadlineMs, deadlineMs)
    const deadline = () => this.#deadlineMs
    this.#ending ??= endProcesses(processes, { deadlineMs: deadline, seenAlive: () => {} })
  }

  #exited(startedMs: number, exit: Exit, { how, text }: Farewell): AttemptStatus {
    const goneMs = monotonicMs()
    const seen = { state: 'gone', bootId: this.#bootId, startedMs, goneMs } as const
    return { phase: 'gone', observation: { ...seen, ...exit, how, text } }
  }

  async #describe(exit: Exit, wasStopped: boolean): Promise<Farewell> {
    const memoryBytesMax = this.#record.groups?.memoryBytesMax ?? null
    if (memoryBytesMax !== null && countOomKills(this.#plannedPaths) > 0) {
      const text = describeExit(exit, wasStopped)
      return { how: 'exited', text: describeMemoryEnd(exit, text, memoryBytesMax) }
    }
    const isCarried = this.#record.environment[TRANSFERS_NAME] !== undefined
    const isCarriage = isCarried && this.#fileFault === null
    const carriage = isCarriage ? await describeCarriage(this.#paths, exit) : null
    return carriage ?? describeEnd(this.#paths, { exit, wasStopped, fileFault: this.#fileFault })
  }

  #notStarted(text: string): AttemptStatus {
    const never = {
      startedMs: null,
      exitCode: null,
      exitSignal: null,
      how: 'start_failed',
    } as const
    const goneMs = monotonicMs()
    return {
      phase: 'gone',
      observation: { state: 'gone', bootId: this.#bootId, goneMs, ...never, text },
    }
  }

  /** Tries until it is written: on a full disk an exit waits for room rather than being lost. */
  async #write(status: AttemptStatus): Promise<void> {
    while (existsSync(this.#paths.folder)) {
      try {
        await replaceFileSynced(this.#paths.status, status)
        // Engines look by themselves too; a bell that does not ring delays them by a second at most.
        await writeFile(this.#paths.bell, '').catch(reportFailure(this.#paths))
        await sync(this.#paths.folder)
        return
      } catch (error) {
        reportFailure(this.#paths)(error)
        await pause(WRITE_RETRY_MS)
      }
    }
  }
}

function reportFailure(paths: AttemptPaths): (error: unknown) => void {
  return (error) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    try {
      writeFileSync(paths.shimFailure, `${text}\n`, { mode: 0o600 })
    } catch {
      // Where even this cannot be written there is nobody left to tell: the shim has no terminal.
    }
  }
}

async function main(): Promise<void> {
  const [directory = '', attemptId = '', bootId = ''] = process.argv.slice(2)
  // A shutdown of the machine signals everybody; staying lets the shim record how the command took it.
  for (const signal of IGNORED_SIGNALS) process.on(signal, () => {})
  const paths = attemptPaths(directory, attemptId)
  try {
    const record = present(await readJson<AdmissionRecord>(paths.admission), paths.admission)
    const secrets = await readJson<Record<string, string>>(paths.secrets)
    const environment = { ...record.environment, ...secrets }
    await new Shim(paths, { ...record, environment }, bootId).run()
    process.exit(0)
  } catch (error) {
    reportFailure(paths)(error)
    await pause(WRITE_RETRY_MS)
    process.exit(1)
  }
}

await main()
