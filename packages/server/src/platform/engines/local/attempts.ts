/**
 * What is known of each attempt now. While its shim lives, the shim's files are believed; when it does not, this
 * module takes its place: it looks for the processes itself, keeps the heartbeat, and closes the attempt when none is
 * left. *Gone* is said only after that.
 */
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import type { Observation } from '#platform/engines/engine.ts'
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import { createProcessSet } from '#platform/processes/process-set.ts'
import type { ProcessSet } from '#platform/processes/process-set.ts'
import { isAlive } from '#platform/processes/process-table.ts'
import { signalProcess } from '#platform/processes/signals.ts'
import { MARK_NAME } from './attempt-folder.ts'
import type {
  AdmissionRecord,
  AttemptPaths,
  AttemptStatus,
  GoneObservation,
  LiveStatus,
} from './attempt-folder.ts'
import { containerOf, countOomKills, removeGroups } from './cgroups/attempt-groups.ts'
import { readJson, replaceFileSynced, sync } from './durable-file.ts'
import { describeExit, describeLoss, describeMemoryEnd } from './exit-text.ts'
import { readBeat, writeBeat } from './heartbeat.ts'
import { pathsOf, readStatus, sinceMs } from './local-machine.ts'
import type { LocalMachine } from './local-machine.ts'
import { createSharing } from './sharing.ts'

/** A shim beats twice a second; one that has not for so long does not answer. */
const STALE_MS = 3000

/** Nobody saw how it ended. */
const NO_EXIT = { exitCode: null, exitSignal: null } as const

export type ShimState = 'alive' | 'stale' | 'dead'

export interface Attempts {
  readonly observe: (attemptId: string) => Promise<Observation>
  /** Whether the attempt's shim does its work. */
  readonly judgeShim: (paths: AttemptPaths, status: LiveStatus) => ShimState
  /** The attempt's processes, without its shim. */
  readonly processesOf: (paths: AttemptPaths, status: LiveStatus) => ProcessSet
}

export function createAttempts(machine: LocalMachine): Attempts {
  const keeper = new AttemptKeeper(machine)
  return {
    observe: async (attemptId) => {
      try {
        return await keeper.observe(pathsOf(machine, attemptId))
      } catch (error) {
        // A damaged file or a full disk says nothing about the processes, so neither do we.
        return { state: 'unknown', text: (error as Error).message }
      }
    },
    judgeShim: (paths, status) => keeper.judgeShim(paths, status),
    processesOf: (paths, status) => keeper.processesOf(paths, status),
  }
}

class AttemptKeeper {
  readonly #machine: LocalMachine
  readonly #processes = new Map<string, { readonly of: string; readonly set: ProcessSet }>()
  /** Two observers must not both close an attempt. */
  readonly #settling = createSharing<Observation>()

  constructor(machine: LocalMachine) {
    this.#machine = machine
  }

  async observe(paths: AttemptPaths): Promise<Observation> {
    if (!existsSync(paths.admission) || existsSync(paths.forgotten)) return { state: 'absent' }
    const status = await readStatus(paths)
    if (status === null) return { state: 'starting', bootId: this.#machine.bootId }
    if (status.phase === 'gone') return this.#gone(paths, status.observation)
    if (status.bootId !== this.#machine.bootId) return this.#settle(paths)
    const shim = this.judgeShim(paths, status)
    if (shim === 'alive') return this.#live(status, readBeat(paths.heartbeat))
    if (shim === 'stale') return this.#observeStale(paths, status)
    return this.#settle(paths)
  }

  judgeShim(paths: AttemptPaths, status: LiveStatus): ShimState {
    if (!isAlive(this.#machine.table, status.shim)) return 'dead'
    const seenMs = readBeat(paths.heartbeat) ?? sinceMs(status)
    return monotonicMs() - seenMs > STALE_MS ? 'stale' : 'alive'
  }

  processesOf(paths: AttemptPaths, status: LiveStatus): ProcessSet {
    const leader = status.phase === 'running' ? status.leader : null
    const holder = status.phase === 'running' ? status.holder : null
    const of = JSON.stringify([leader, holder, status.shim])
    const known = this.#processes.get(paths.attemptId)
    if (known?.of === of) return known.set
    const marker = `${MARK_NAME}=${status.mark}`
    const except = holder === null ? [status.shim.pid] : [status.shim.pid, holder]
    const set = createProcessSet(this.#machine.table, {
      leader,
      marker,
      ancestor: status.shim,
      except,
      container: containerOf(status.groups),
    })
    this.#processes.set(paths.attemptId, { of, set })
    return set
  }

  #live(status: LiveStatus, beatMs: number | null): Observation {
    const { bootId } = status
    if (status.phase === 'starting') return { state: 'starting', bootId }
    const { startedMs } = status
    return { state: 'running', bootId, startedMs, confirmedMs: Math.max(startedMs, beatMs ?? 0) }
  }

  #gone(paths: AttemptPaths, observation: GoneObservation): Observation {
    this.#processes.delete(paths.attemptId)
    return observation
  }

  /** A shim that hangs, or was stopped: wake it, and look for the processes ourselves meanwhile. */
  #observeStale(paths: AttemptPaths, status: LiveStatus): Observation {
    signalProcess(this.#machine.table, status.shim, 'SIGCONT')
    if (status.phase === 'running' && this.processesOf(paths, status).isAnyAlive()) {
      const nowMs = monotonicMs()
      writeBeat(paths.heartbeat, nowMs)
      return this.#live(status, nowMs)
    }
    return { state: 'unknown', text: 'the process that watches it does not answer' }
  }

  #settle(paths: AttemptPaths): Promise<Observation> {
    return this.#settling(paths.attemptId, () => this.#confirmOrClose(paths))
  }

  /** In the place of a dead shim: confirms that processes live, or closes the attempt. */
  async #confirmOrClose(paths: AttemptPaths): Promise<Observation> {
    const status = await readStatus(paths)
    if (status === null) return { state: 'starting', bootId: this.#machine.bootId }
    if (status.phase === 'gone') return this.#gone(paths, status.observation)
    if (status.bootId !== this.#machine.bootId) return this.#close(paths, status, 'reboot')
    if (!this.processesOf(paths, status).isAnyAlive())
      return this.#close(paths, status, status.phase === 'starting' ? 'start_lost' : 'shim_lost')
    const nowMs = monotonicMs()
    writeBeat(paths.heartbeat, nowMs)
    if (status.phase === 'running') return this.#live(status, nowMs)
    // The shim died before it could say when the command started: this is the first instant anybody saw it.
    const { bootId, shim, mark, groups = [] } = status
    const running = {
      phase: 'running',
      bootId,
      shim,
      mark,
      groups,
      leader: null,
      holder: null,
      startedMs: nowMs,
      exit: null,
    } as const
    await this.#write(paths, running)
    return this.#live(running, nowMs)
  }

  async #close(
    paths: AttemptPaths,
    status: LiveStatus,
    why: Parameters<typeof describeLoss>[0],
  ): Promise<Observation> {
    const startedMs = status.phase === 'running' ? status.startedMs : null
    const exit = status.phase === 'running' ? status.exit : null
    const text =
      exit === null ? describeLoss(why) : describeExit(exit, existsSync(paths.stopRequest))
    const memoryText = await this.#memoryEnd(paths, status, text)
    await removeGroups(status.groups)
    const goneMs = Math.max(sinceMs(status), readBeat(paths.heartbeat) ?? 0)
    const gone: GoneObservation = {
      state: 'gone',
      bootId: status.bootId,
      startedMs,
      goneMs,
      exitCode: exit?.exitCode ?? null,
      exitSignal: exit?.exitSignal ?? null,
      how: exit === null ? 'lost' : 'exited',
      text: memoryText ?? text,
    }
    await this.#write(paths, { phase: 'gone', observation: gone })
    return this.#gone(paths, gone)
  }

  /** What the groups of a dead shim still tell. */
  async #memoryEnd(paths: AttemptPaths, status: LiveStatus, text: string): Promise<string | null> {
    if (countOomKills(status.groups) === 0) return null
    const record = await readJson<AdmissionRecord>(paths.admission)
    const exit = (status.phase === 'running' && status.exit) || NO_EXIT
    const limit = record?.groups?.memoryBytesMax ?? null
    return limit === null ? null : describeMemoryEnd(exit, text, limit)
  }

  async #write(paths: AttemptPaths, status: AttemptStatus): Promise<void> {
    await replaceFileSynced(paths.status, status)
    await writeFile(paths.bell, '')
    await sync(paths.folder)
  }
}
