/**
 * A simulated cluster: a pure function of what was written in its journal, in that order, and of the instant at which
 * one looks. It reads no clock and no file. Between two events it goes by itself: commands end, stops fall due, the
 * owner's jobs come and go.
 */
import { present } from '#kernel/assert.ts'
import { type AttemptEnd, KILLED, NO_EXIT, SimulatedAttempt } from './attempt.ts'
import { jobsWanted } from './demand.ts'
import type { ClusterEvent, ClusterLayout, ForeignJob, WorkFate } from './event.ts'
import { SimulatedFloor } from './floor.ts'
import { SimulatedJob } from './job.ts'
import type { Occupant, SimulatedNode } from './node.ts'
import { planJob } from './placement.ts'
import { Timers } from './timers.ts'
import { breakages } from './wear.ts'

/** How often the owner's demand and the wear of the machines are looked at. */
const TICK_MS = 30_000

type Due =
  | { readonly kind: 'begin'; readonly attempt: SimulatedAttempt }
  | { readonly kind: 'end'; readonly attempt: SimulatedAttempt; readonly end: AttemptEnd }
  | { readonly kind: 'preempt'; readonly attempt: SimulatedAttempt }
  | { readonly kind: 'job_end'; readonly job: SimulatedJob }
  | { readonly kind: 'mend'; readonly event: ClusterEvent }
  | { readonly kind: 'tick' }

/** What changed since it was last asked. */
export interface ClusterChanges {
  readonly attempts: ReadonlySet<string>
  readonly isFleetChanged: boolean
}

export class Cluster {
  /** How far it has gone. */
  nowMs = Number.NEGATIVE_INFINITY
  layout: ClusterLayout | null = null
  readonly floor = new SimulatedFloor()
  readonly attempts = new Map<string, SimulatedAttempt>()
  readonly jobs = new Map<string, SimulatedJob>()
  boot: Extract<ClusterEvent, { type: 'booted' }> | null = null
  outage: string | null = null
  answerMs = 0
  /** Counts what an inventory shows. */
  inventoryVersion = 0
  readonly #timers = new Timers<Due>()
  readonly #queued = new Set<SimulatedAttempt>()
  readonly #pending = new Set<SimulatedJob>()
  #isDirty = false
  #isTicking = false
  #changedAttempts = new Set<string>()
  #isFleetChanged = false

  /** When something happens next by itself; null: never. */
  get nextMs(): number | null {
    return this.#timers.nextMs
  }

  takeChanges(): ClusterChanges {
    const changes = { attempts: this.#changedAttempts, isFleetChanged: this.#isFleetChanged }
    this.#changedAttempts = new Set()
    this.#isFleetChanged = false
    return changes
  }

  /** Goes on to an instant; never back. */
  advance(toMs: number): void {
    for (let next = this.#timers.take(toMs); next !== null; next = this.#timers.take(toMs)) {
      this.nowMs = Math.max(this.nowMs, next.atMs)
      this.#handle(next.due)
      this.#settle()
    }
    this.nowMs = Math.max(this.nowMs, toMs)
  }

  /** Takes in what happened, at its instant or at the latest instant known, whichever is later. */
  apply(event: ClusterEvent): void {
    this.advance(event.at)
    this.#take(event)
    this.#settle()
  }

  #take(event: ClusterEvent): void {
    switch (event.type) {
      case 'booted':
        if (event.bootId !== this.boot?.bootId) this.boot = event
        return
      case 'declared':
        return this.#declare(event.layout)
      case 'admitted':
        return this.#admit(event.work)
      case 'warned':
        return this.#with(event.attemptId, (attempt) => {
          attempt.warnedAtMs = event.time === null ? null : (attempt.warnedAtMs ?? this.nowMs)
        })
      case 'noticed':
        return this.#with(event.attemptId, (attempt) => this.#notice(attempt, event))
      case 'stop_asked':
        return this.#with(event.attemptId, (attempt) => this.#stop(attempt, event.graceMs))
      case 'forgotten':
        return this.#with(
          event.attemptId,
          (attempt) => (attempt.isForgotten = attempt.phase === 'gone'),
        )
      case 'engine_failed':
        this.outage = event.reason
        return
      case 'engine_back':
        this.outage = null
        return
      case 'slowed':
        this.answerMs = event.answerMs
        return
      case 'foreign_submitted':
        return this.#submit(event.job)
      case 'foreign_ended':
        return this.#endJob(this.jobs.get(event.runId))
      default:
        return this.#takeNodeEvent(event)
    }
  }

  #takeNodeEvent(event: Extract<ClusterEvent, { node: string }>): void {
    const node = this.floor.nodes.get(event.node)
    if (node === undefined) return
    if (event.type === 'drained') node.drainReason = event.reason
    else if (event.type === 'resumed') node.drainReason = null
    else if (event.type === 'node_lost') this.#lose(node, event)
    else if (event.type === 'node_back') this.#bringBack(node)
    else if (event.type === 'slot_failed') this.#failSlot(node, event)
    else node.faults.delete(event.slot)
    node.touch()
    this.#fleetChanged()
    this.#isDirty = true
  }

  #declare(layout: ClusterLayout): void {
    if (!this.#isTicking) this.#timers.add(this.nowMs, { kind: 'tick' })
    this.#isTicking = true
    this.layout = layout
    this.floor.declare(layout)
    this.#fleetChanged()
    this.#isDirty = true
  }

  #with(attemptId: string, act: (attempt: SimulatedAttempt) => unknown): void {
    const attempt = this.attempts.get(attemptId)
    if (attempt !== undefined) act(attempt)
  }

  #admit(work: Extract<ClusterEvent, { type: 'admitted' }>['work']): void {
    if (this.attempts.has(work.attemptId)) return
    const attempt = new SimulatedAttempt(work, this.nowMs)
    this.attempts.set(attempt.id, attempt)
    this.#changedAttempts.add(attempt.id)
    const failure = attempt.script.startFailure ?? this.floor.whyNever(work.placements)
    if (failure !== null)
      return this.#finish(attempt, { ...this.#end('start_failed', NO_EXIT), text: failure })
    this.#queued.add(attempt)
    this.#isDirty = true
  }

  #notice(
    attempt: SimulatedAttempt,
    { time, signal }: { time: string; signal: string | null },
  ): void {
    if (attempt.isTold(time) || attempt.phase === 'gone') return
    attempt.notices.push({ atMs: this.nowMs, time, signal })
    const { onNotice } = attempt.script
    if (signal === null || onNotice === null || attempt.phase !== 'running') return
    const how = attempt.preemption === null ? 'exited' : 'preempted'
    this.#schedule(attempt, {
      ...this.#end(how, onNotice.exit),
      atMs: this.nowMs + onNotice.afterMs,
    })
  }

  #stop(attempt: SimulatedAttempt, graceMs: number): void {
    if (attempt.phase === 'gone') return
    const beforeMs = this.nowMs + graceMs
    attempt.stopBeforeMs = Math.min(attempt.stopBeforeMs ?? beforeMs, beforeMs)
    if (this.floor.isReached(attempt.placements)) this.#deliverStop(attempt)
  }

  #deliverStop(attempt: SimulatedAttempt): void {
    if (attempt.phase !== 'running') {
      const text = 'it was stopped before it started'
      return this.#finish(attempt, { ...this.#end('start_failed', NO_EXIT), text })
    }
    if (!attempt.isStopDelivered) this.#askToStop(attempt, 'exited')
    attempt.isStopDelivered = true
    const atMs = Math.max(this.nowMs, attempt.stopBeforeMs ?? this.nowMs)
    this.#schedule(attempt, { ...this.#end('exited', KILLED), atMs })
  }

  #askToStop(attempt: SimulatedAttempt, how: 'exited' | 'preempted'): void {
    const { onTerm } = attempt.script
    if (onTerm !== null)
      this.#schedule(attempt, { ...this.#end(how, onTerm.exit), atMs: this.nowMs + onTerm.afterMs })
  }

  #end(how: AttemptEnd['how'], exit: AttemptEnd['exit']): AttemptEnd {
    return { atMs: this.nowMs, exit, how, text: null }
  }

  /** Of all the ends that come, the first is the one. */
  #schedule(attempt: SimulatedAttempt, end: AttemptEnd): void {
    if (attempt.coming !== null && attempt.coming.atMs <= end.atMs) return
    attempt.coming = end
    this.#timers.add(end.atMs, { kind: 'end', attempt, end })
  }

  #handle(due: Due): void {
    if (due.kind === 'job_end') this.#endJob(due.job)
    else if (due.kind === 'mend') this.#take(due.event)
    else if (due.kind === 'tick') this.#tick()
    else if (due.attempt.phase === 'gone') return
    else if (due.kind === 'begin') this.#run(due.attempt)
    else if (due.kind === 'end') {
      if (due.attempt.coming === due.end) this.#finish(due.attempt, due.end)
    } else this.#preemptNow(due.attempt)
  }

  /** What the owner's people and the machines do by themselves. */
  #tick(): void {
    const layout = present(this.layout, 'a layout')
    let gpus = 0
    for (const job of this.jobs.values()) if (job.state !== 'gone') gpus += job.gpus
    for (const job of jobsWanted(layout, this.nowMs, gpus)) this.#submit(job)
    for (const { broken, mended } of breakages(layout, this.nowMs, TICK_MS)) {
      this.#take(broken)
      this.#timers.add(mended.at, { kind: 'mend', event: mended })
    }
    const isAlive =
      layout.anchor !== null ||
      layout.faults.nodeDownsPerNodeYear > 0 ||
      layout.faults.slotFaultsPerSlotYear > 0
    if (isAlive)
      this.#timers.add((Math.floor(this.nowMs / TICK_MS) + 1) * TICK_MS, { kind: 'tick' })
    this.#isTicking = isAlive
  }

  #run(attempt: SimulatedAttempt): void {
    attempt.phase = 'running'
    attempt.startedMs = this.nowMs
    this.#changedAttempts.add(attempt.id)
    const { end } = attempt.script
    if (end !== null)
      this.#schedule(attempt, { ...this.#end('exited', end.exit), atMs: this.nowMs + end.afterMs })
  }

  #finish(attempt: SimulatedAttempt, end: AttemptEnd): void {
    this.#queued.delete(attempt)
    if (attempt.hasSlots) this.#release(attempt)
    attempt.phase = 'gone'
    attempt.ended = { ...end, atMs: this.nowMs }
    attempt.isUnseen = attempt.startedMs !== null && !this.floor.isReached(attempt.placements)
    this.#changedAttempts.add(attempt.id)
  }

  /** Gives what is free to those who wait for it: the whole of what each needs, or nothing. */
  #settle(): void {
    while (this.#isDirty) {
      this.#isDirty = false
      for (const job of this.#pending) this.#tryJob(job)
      for (const attempt of this.#queued)
        if (this.floor.canHave(attempt, attempt.placements)) this.#boot(attempt)
    }
  }

  #release(owner: Occupant): void {
    this.floor.release(owner, owner.placements)
    this.#isDirty = true
  }

  #boot(attempt: SimulatedAttempt): void {
    this.#queued.delete(attempt)
    this.floor.occupy(attempt, attempt.placements)
    attempt.phase = 'booting'
    if (attempt.script.startDelayMs === 0) return this.#run(attempt)
    this.#timers.add(this.nowMs + attempt.script.startDelayMs, { kind: 'begin', attempt })
  }

  #submit(spec: ForeignJob): void {
    if (this.jobs.has(spec.runId)) return
    const job = new SimulatedJob(spec, this.nowMs)
    this.jobs.set(spec.runId, job)
    this.#pending.add(job)
    this.#fleetChanged()
    this.#isDirty = true
  }

  #tryJob(job: SimulatedJob): void {
    if (job.placements.length === 0) {
      const found = planJob(job, this.floor.nodes.values())
      if (found === null) return
      job.placements = found.placements
      this.floor.keep(job, found.placements)
      for (const victim of found.victims) this.#preempt(victim, job)
      this.#fleetChanged()
    }
    if (this.floor.canHave(job, job.placements)) this.#startJob(job)
    else if (!this.floor.isReached(job.placements)) this.#giveUpPlace(job)
  }

  /** A node that was kept for it is lost: it looks for others. */
  #giveUpPlace(job: SimulatedJob): void {
    this.floor.stopKeeping(job, job.placements)
    job.placements = []
    this.#isDirty = true
  }

  #startJob(job: SimulatedJob): void {
    this.#pending.delete(job)
    this.floor.occupy(job, job.placements)
    job.state = 'running'
    job.startedMs = this.nowMs
    if (job.spec.durationMs !== null)
      this.#timers.add(this.nowMs + job.spec.durationMs, { kind: 'job_end', job })
    this.#fleetChanged()
  }

  #endJob(job: SimulatedJob | undefined): void {
    if (job === undefined || job.state === 'gone') return
    if (job.state === 'pending') this.#giveUpPlace(job)
    else this.#release(job)
    this.#pending.delete(job)
    job.state = 'gone'
    job.isUnseen = job.startedMs !== null && !this.floor.isReached(job.placements)
    if (!job.isUnseen) this.jobs.delete(job.spec.runId)
    this.#fleetChanged()
    this.#isDirty = true
  }

  /** The owner's work takes the slots of an attempt, which gets the engine's own grace first. */
  #preempt(attempt: SimulatedAttempt, job: SimulatedJob): void {
    if (attempt.preemption !== null) return
    const stopMs = this.nowMs + present(this.layout, 'a layout').preemptionGraceMs
    const text = `the owner\u2019s job ${job.spec.runId} (${job.spec.name}) needs the room`
    attempt.preemption = { decidedMs: this.nowMs, stopMs, text }
    this.#timers.add(stopMs, { kind: 'preempt', attempt })
    this.#changedAttempts.add(attempt.id)
  }

  #preemptNow(attempt: SimulatedAttempt): void {
    if (attempt.phase === 'booting') return this.#finish(attempt, this.#end('preempted', NO_EXIT))
    this.#askToStop(attempt, 'preempted')
    const atMs = this.nowMs + present(this.layout, 'a layout').killWaitMs
    this.#schedule(attempt, { ...this.#end('preempted', KILLED), atMs })
  }

  #lose(node: SimulatedNode, { reason, work }: { reason: string; work: WorkFate }): void {
    if (!this.floor.lose(node, reason, work)) return
    for (const occupant of node.occupants())
      this.#touch(occupant, work, `node ${node.name} was lost: ${reason}`)
  }

  #failSlot(
    node: SimulatedNode,
    { slot, reason, work }: { slot: number; reason: string; work: WorkFate },
  ): void {
    if (slot >= node.owners.length) return
    node.faults.set(slot, reason)
    const owner = node.owners[slot] ?? null
    if (owner !== null)
      this.#touch(owner, work, `slot ${slot} of node ${node.name} failed: ${reason}`)
  }

  /** What something that failed does to who has it. */
  #touch(occupant: Occupant, work: WorkFate, text: string): void {
    if (occupant.is === 'attempt') this.#changedAttempts.add(occupant.id)
    if (work === 'goes_on') return
    if (occupant.is === 'job') this.#endJob(occupant)
    else this.#finish(occupant, { ...this.#end('lost', NO_EXIT), text })
  }

  #bringBack(node: SimulatedNode): void {
    if (!this.floor.bringBack(node)) return
    for (const attempt of this.attempts.values()) this.#seeAgain(attempt, node)
    for (const job of this.jobs.values())
      if (job.isUnseen && this.floor.isReached(job.placements)) this.jobs.delete(job.spec.runId)
  }

  #seeAgain(attempt: SimulatedAttempt, node: SimulatedNode): void {
    const isHere = attempt.placements.some((each) => each.node === node.name)
    if (!isHere || !this.floor.isReached(attempt.placements)) return
    if (attempt.phase === 'gone' && !attempt.isUnseen) return
    attempt.isUnseen = false
    this.#changedAttempts.add(attempt.id)
    if (attempt.phase !== 'gone' && attempt.stopBeforeMs !== null) this.#deliverStop(attempt)
  }

  #fleetChanged(): void {
    this.inventoryVersion += 1
    this.#isFleetChanged = true
  }
}
