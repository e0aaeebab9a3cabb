/** An attempt in a simulated cluster: its phases, and the earliest end that is known of it. Instants are the cluster's. */
import { isSooner, type Placement } from '#platform/engines/engine.ts'
import type { AdmittedWork } from './event.ts'
import { readScript, type Script, type ScriptedExit } from './script.ts'

export type HowItEnded = 'exited' | 'lost' | 'start_failed' | 'preempted'

export interface AttemptEnd {
  readonly atMs: number
  readonly exit: ScriptedExit
  readonly how: HowItEnded
  /** For people; null: as the exit says. */
  readonly text: string | null
}

/** Whom the owner's work may push aside, first to go first. */
export const GIVES_WAY: readonly string[] = ['flex', 'spot']

export const NO_EXIT: ScriptedExit = { exitCode: null, exitSignal: null }
export const KILLED: ScriptedExit = { exitCode: null, exitSignal: 'SIGKILL' }

interface SimulatedNotice {
  readonly atMs: number
  readonly time: string
  readonly signal: string | null
}

export class SimulatedAttempt {
  readonly is = 'attempt'
  readonly id: string
  readonly kind: string
  readonly placements: readonly Placement[]
  readonly script: Script
  readonly admittedMs: number
  /** `queued`: its slots are not all free. `booting`: it has them. */
  phase: 'queued' | 'booting' | 'running' | 'gone' = 'queued'
  startedMs: number | null = null
  /** The earliest end that is known; another may still come before it. */
  coming: AttemptEnd | null = null
  ended: AttemptEnd | null = null
  /** It ended where nobody could see it: a node that it had does not answer. */
  isUnseen = false
  stopBeforeMs: number | null = null
  isStopDelivered = false
  /** Each of an earlier time than the one before. */
  readonly notices: SimulatedNotice[] = []
  warnedAtMs: number | null = null
  preemption: {
    readonly decidedMs: number
    readonly stopMs: number
    readonly text: string
  } | null = null
  isForgotten = false

  constructor(work: AdmittedWork, admittedMs: number) {
    this.id = work.attemptId
    this.kind = work.kind
    this.placements = work.placements
    this.script = readScript(work.command)
    this.admittedMs = admittedMs
  }

  get hasSlots(): boolean {
    return this.phase === 'booting' || this.phase === 'running'
  }

  get slotCount(): number {
    return this.placements.reduce((sum, { slots }) => sum + slots.length, 0)
  }

  /** Whether a notice of this time was told already, or one of an earlier. */
  isTold(time: string): boolean {
    const last = this.notices.at(-1)
    return last !== undefined && !isSooner({ time }, last)
  }

  /** How it ended, in words. */
  get endText(): string {
    const { ended } = this
    if (ended === null) return ''
    if (ended.text !== null) return ended.text
    const { exitCode, exitSignal } = ended.exit
    const how = exitSignal === null ? `exited with code ${exitCode}` : `ended by ${exitSignal}`
    return this.stopBeforeMs === null ? how : `stopped: ${how}`
  }

  /** What it has written by an instant. */
  logUntil(nowMs: number): string {
    const { startedMs } = this
    if (startedMs === null) return ''
    const untilMs = Math.min(nowMs, this.ended?.atMs ?? nowMs)
    const lines = this.script.lines.map(({ atMs, text }) => ({ atMs: startedMs + atMs, text }))
    for (const { atMs, time, signal } of this.notices)
      if (signal !== null) lines.push({ atMs, text: `noticed ${signal} for ${time}` })
    if (this.ended !== null)
      lines.push({ atMs: this.ended.atMs, text: `simulated: ${this.endText}` })
    return lines
      .filter(({ atMs }) => atMs <= untilMs)
      .toSorted((a, b) => a.atMs - b.atMs)
      .map(({ text }) => `${text}\n`)
      .join('')
  }
}
