/**
 * The pool at one moment of a simulation: who runs where, who waits, what the owner wants. Places, evicts and finishes
 * work, whole gangs only, and keeps every count; decides nothing.
 */
import { assert, present } from '#kernel/assert.ts'
import { DemandLog } from './demand/log.ts'
import { Due } from './due.ts'
import { Grid } from './grid.ts'
import type { Workload } from './job.ts'
import { Queue } from './queue.ts'
import { Tally } from './tally.ts'
import { CHECKPOINT_S, GUARANTEE_S, preemptionOverheadS, type Terms } from './terms.ts'
import { mergePlaces, type Run, Work } from './work.ts'

interface Ending {
  readonly work: Work
  readonly run: Run
}

/** Evictions and ends of sold work, for policies that learn from them. */
export interface Outcome {
  readonly atS: number
  readonly isEvicted: boolean
  readonly isBroken: boolean
  readonly nodes: readonly number[]
}

export class World {
  nowS = 0
  readonly grid: Grid
  readonly queue = new Queue()
  readonly demand: DemandLog
  readonly tally: Tally
  readonly works: readonly Work[]
  readonly spotOn: readonly Set<Work>[]
  readonly terms: Terms
  readonly workload: Workload
  /** How the runs of sold work ended, oldest first. */
  readonly outcomes: Outcome[] = []
  readonly due = new Due<Ending>()
  /** GPUs of the anchor work that came so far, and of them those of workers that take most of a node. */
  readonly asked = { all: 0, wide: 0 }

  constructor(workload: Workload, sizes: readonly number[], terms: Terms) {
    this.workload = workload
    this.terms = terms
    this.grid = new Grid(sizes)
    this.demand = new DemandLog(workload)
    this.tally = new Tally(workload.windowS, GUARANTEE_S)
    this.works = workload.jobs.map((job) => new Work(job))
    this.spotOn = sizes.map(() => new Set())
  }

  advance(toS: number): void {
    const { anchorTotal: anchor, spotTotal: spot } = this.grid
    this.tally.hold(this.nowS, toS, { anchor, spot, wanted: this.demand.total })
    this.nowS = toS
    this.demand.advance(toS)
  }

  submit(work: Work): void {
    this.tally.note('submitted', this.nowS, work)
    if (work.job.kind === 'anchor') {
      this.demand.change(work.job.organization, work.gpus)
      this.asked.all += work.gpus
      if (work.job.gpus * 2 > this.grid.sizeMax) this.asked.wide += work.gpus
    }
    this.queue.enter(work)
  }

  /** Starts a gang on nodes that it has taken. */
  start(work: Work, nodes: readonly number[], { waitS = 0, extraS = 0 } = {}): void {
    const { job } = work
    assert(work.run === null && nodes.length === job.workers, 'a gang starts whole, and once')
    const overheadS = waitS + extraS + work.restartS
    const endS = this.#endOf(this.nowS + overheadS, work.leftS)
    const run = { startedS: this.nowS, overheadS, endS, places: mergePlaces(nodes, job.gpus) }
    work.run = run
    work.restartS = 0
    work.runs++
    work.queuedS += this.nowS + waitS - work.waitingSinceS
    if (job.kind === 'spot') for (const { node } of run.places) this.spotOn[node]?.add(work)
    this.tally.started(work, run)
    this.due.add(endS, { work, run })
  }

  /** Sold work goes, and waits again: what it did since it last saved is lost. */
  evict(work: Work): void {
    const run = present(work.run, 'the run of evicted work')
    assert(work.job.kind === 'spot', 'only sold work is evicted')
    const doneS = Math.min(work.leftS, this.#doneBy(run.startedS + run.overheadS, this.nowS))
    const isSaved = this.terms.notice !== null || this.terms.rounds !== null
    const lostS = isSaved ? 0 : doneS % CHECKPOINT_S
    this.#leave(work, run)
    work.leftS -= doneS - lostS
    work.restartS = preemptionOverheadS(work.gpus)
    work.evictions++
    work.waitingSinceS = this.nowS
    this.tally.evicted(work, run, { atS: this.nowS, lostS })
    this.#remember(run, true)
    this.queue.enter(work)
  }

  /** Ends what is due now. Ends of runs that were evicted are of no account. */
  finishDue(): void {
    while (this.due.nextS <= this.nowS) {
      const ending = this.due.take()
      if (ending && ending.work.run === ending.run) this.#finish(ending.work, ending.run)
    }
  }

  /** When the next run ends that was not evicted meanwhile. */
  get nextEndS(): number {
    return this.due.nextS
  }

  #finish(work: Work, run: Run): void {
    this.#leave(work, run)
    work.leftS = 0
    work.finishedS = this.nowS
    if (work.job.kind === 'anchor') this.demand.change(work.job.organization, -work.gpus)
    else this.#remember(run, false)
    this.tally.finished(work, run)
  }

  #leave(work: Work, run: Run): void {
    for (const { node, gpus } of run.places) {
      this.grid.give(node, gpus, work.job.kind)
      this.spotOn[node]?.delete(work)
    }
    work.run = null
  }

  #remember(run: Run, isEvicted: boolean): void {
    this.outcomes.push({
      atS: this.nowS,
      isEvicted,
      isBroken: isEvicted && this.nowS - run.startedS < GUARANTEE_S,
      nodes: run.places.map(({ node }) => node),
    })
  }

  /** When work that begins is done: in leases, all stands still for a while at the start of each. */
  #endOf(beganS: number, workS: number): number {
    const { rounds } = this.terms
    if (!rounds) return beganS + workS
    const { leaseS, overheadS } = rounds
    const untilLeaseS = (Math.floor(beganS / leaseS) + 1) * leaseS - beganS
    if (workS <= untilLeaseS) return beganS + workS
    const perLeaseS = leaseS - overheadS
    const leases = Math.ceil((workS - untilLeaseS) / perLeaseS)
    return beganS + workS + leases * overheadS
  }

  /** How much work is done by now. */
  #doneBy(beganS: number, nowS: number): number {
    const elapsedS = Math.max(0, nowS - beganS)
    const { rounds } = this.terms
    if (!rounds) return elapsedS
    const leases = Math.floor(nowS / rounds.leaseS) - Math.floor(beganS / rounds.leaseS)
    return Math.max(0, elapsedS - leases * rounds.overheadS)
  }
}
