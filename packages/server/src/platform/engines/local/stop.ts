/**
 * Ends attempts. The request is a file, so whoever finds it enforces it: the shim at once, even when the server dies
 * right after asking; this module where the shim is dead, hangs, or lets the deadline pass.
 */
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { present } from '#kernel/assert.ts'
import { monotonicMs } from '#platform/processes/machine-clock.ts'
import { signalProcess } from '#platform/processes/signals.ts'
import type {
  AttemptPaths,
  AttemptStatus,
  Claim,
  LiveStatus,
  StopRequest,
} from './attempt-folder.ts'
import type { Attempts } from './attempts.ts'
import { putSign, readJson, replaceFile, replaceFileSynced, sync } from './durable-file.ts'
import { writeBeat } from './heartbeat.ts'
import { pathsOf, readStatus } from './local-machine.ts'
import type { LocalMachine } from './local-machine.ts'
import { endProcesses } from './termination.ts'

const LOOK_MS = 100
/** What a shim that works never needs beyond the deadline. */
const SHIM_TARDINESS_MS = 500
/** How long a shim that hangs may take to write down that its processes are gone. */
const SHIM_FAREWELL_MS = 5000
const BEAT_MS = 200

export interface Stops {
  readonly stop: (attemptId: string, graceMs: number) => Promise<void>
  /** Sees a stop through that was requested before, perhaps by a server that died since. */
  readonly resume: (attemptId: string) => void
}

export function createStops(machine: LocalMachine, attempts: Attempts): Stops {
  const overseer = new StopOverseer(machine, attempts)
  return {
    stop: (attemptId, graceMs) => overseer.stop(pathsOf(machine, attemptId), graceMs),
    resume: (attemptId) => {
      const paths = pathsOf(machine, attemptId)
      if (existsSync(paths.stopRequest)) overseer.oversee(paths)
    },
  }
}

class StopOverseer {
  readonly #machine: LocalMachine
  readonly #attempts: Attempts
  readonly #overseen = new Set<string>()
  /** Requests that no shim can read, because the disk is full: enforced here alone. */
  readonly #unwritten = new Map<string, StopRequest>()

  constructor(machine: LocalMachine, attempts: Attempts) {
    this.#machine = machine
    this.#attempts = attempts
  }

  async stop(paths: AttemptPaths, graceMs: number): Promise<void> {
    if (!existsSync(paths.admission) || existsSync(paths.forgotten)) return
    await this.#request(paths, monotonicMs() + graceMs)
    if (await this.#forestall(paths)) return
    const status = await readStatus(paths)
    if (status === null || status.phase === 'gone') return
    signalProcess(this.#machine.table, status.shim, 'SIGCONT')
    signalProcess(this.#machine.table, status.shim, 'SIGUSR2')
    this.oversee(paths)
  }

  oversee(paths: AttemptPaths): void {
    if (this.#overseen.has(paths.attemptId)) return
    this.#overseen.add(paths.attemptId)
    void this.#untilGone(paths).finally(() => {
      this.#overseen.delete(paths.attemptId)
      this.#unwritten.delete(paths.attemptId)
    })
  }

  /** The earliest deadline that anybody asked for holds. */
  async #request(paths: AttemptPaths, deadlineMs: number): Promise<void> {
    const { bootId } = this.#machine
    const earlier = await readJson<StopRequest>(paths.stopRequest)
    if (earlier?.bootId === bootId && earlier.deadlineMs <= deadlineMs) return
    const request: StopRequest = { bootId, deadlineMs }
    try {
      await replaceFile(paths.stopRequest, request)
    } catch {
      // It may be this very attempt that fills the disk, so it must be stopped all the same.
      this.#unwritten.set(paths.attemptId, request)
    }
  }

  /** An attempt that no shim has claimed is claimed here, so that none will. */
  async #forestall(paths: AttemptPaths): Promise<boolean> {
    if ((await readStatus(paths)) !== null) return false
    const { bootId } = this.#machine
    const claimedMs = monotonicMs()
    const self = present(this.#machine.table.find(process.pid), 'the server in the process table')
    const shim = { pid: self.pid, birth: self.birth }
    const claim: Claim = { phase: 'starting', bootId, shim, mark: '', claimedMs }
    if (!(await putSign(paths.claim, claim))) return false
    const status: AttemptStatus = {
      phase: 'gone',
      observation: {
        state: 'gone',
        bootId,
        startedMs: null,
        goneMs: claimedMs,
        exitCode: null,
        exitSignal: null,
        how: 'start_failed',
        text: 'it was stopped before it started',
      },
    }
    await replaceFileSynced(paths.status, status)
    await writeFile(paths.bell, '')
    await sync(paths.folder)
    return true
  }

  async #untilGone(paths: AttemptPaths): Promise<void> {
    for (;;) {
      try {
        const { state } = await this.#attempts.observe(paths.attemptId)
        if (state === 'gone' || state === 'absent') return
        await this.#enforceIfNeeded(paths)
      } catch {
        // The next round tries again; until one succeeds the attempt is not reported gone.
      }
      await pause(LOOK_MS, undefined, { ref: false })
    }
  }

  async #enforceIfNeeded(paths: AttemptPaths): Promise<void> {
    const status = await readStatus(paths)
    const request = await this.#readRequest(paths)
    if (status === null || status.phase === 'gone' || request === null) return
    const isLate = monotonicMs() > request.deadlineMs + SHIM_TARDINESS_MS
    const isShimAtWork = this.#attempts.judgeShim(paths, status) === 'alive'
    if (isShimAtWork && !isLate && !this.#unwritten.has(paths.attemptId)) return
    await this.#enforce(paths, status)
  }

  async #readRequest(paths: AttemptPaths): Promise<StopRequest | null> {
    return this.#unwritten.get(paths.attemptId) ?? readJson<StopRequest>(paths.stopRequest)
  }

  /** What the shim should do, done here; then a shim that still says nothing is ended too, so that the slots get free. */
  async #enforce(paths: AttemptPaths, status: LiveStatus): Promise<void> {
    let request = await this.#readRequest(paths)
    let beatMs = 0
    await endProcesses(this.#attempts.processesOf(paths, status), {
      deadlineMs: () => request?.deadlineMs ?? 0,
      seenAlive: (nowMs) => {
        if (nowMs - beatMs < BEAT_MS) return
        beatMs = nowMs
        writeBeat(paths.heartbeat, nowMs)
        // Unread, the request known before holds on.
        this.#readRequest(paths).then(
          (latest) => (request = latest ?? request),
          () => {},
        )
      },
    })
    const farewellMs = monotonicMs() + SHIM_FAREWELL_MS
    while (monotonicMs() < farewellMs) {
      if (this.#attempts.judgeShim(paths, status) === 'dead') return
      await pause(LOOK_MS, undefined, { ref: false })
    }
    if (this.#attempts.judgeShim(paths, status) !== 'stale') return
    // Where nothing can be written, as on a full disk, this throws: then the shim waits for that too, and alone knows
    // the exit code.
    await replaceFileSynced(paths.stopRequest, request)
    signalProcess(this.#machine.table, status.shim, 'SIGKILL')
  }
}
