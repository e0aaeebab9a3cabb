/**
 * One simulation: events on a virtual clock, from the first second of the window until the last job is done. Nothing
 * happens between events. The same workload, fleet and policy give the same run; its hash says so.
 */
import { assert } from '#kernel/assert.ts'
import type { Workload } from './job.ts'
import type { Policy, PolicyMaker } from './policy.ts'
import { preemptionOverheadS, REFRESH_S } from './terms.ts'
import type { Work } from './work.ts'
import { World } from './world.ts'

/** Beyond the window, what is there runs to its end; who is not done by then is counted as unfinished. */
const DRAIN_S = 120 * 86_400

export interface Course {
  readonly workload: Workload
  /** GPUs of each node. */
  readonly sizes: readonly number[]
  readonly policy: PolicyMaker
  /** Told of the virtual time now and then. */
  readonly onProgress?: (fraction: number) => void
}

/** Takes a node for each worker; null, with nothing taken, where the whole gang does not fit. */
function takeRoom(world: World, policy: Policy, work: Work): readonly number[] | null {
  const { job } = work
  const keptNodes = job.kind === 'spot' ? (policy.quota?.keptNodes?.(world, work) ?? 0) : 0
  if (!world.grid.fits(job.workers, job.gpus, keptNodes)) return null
  return Array.from({ length: job.workers }, () => {
    const node = policy.choose(world, job)
    assert(node >= 0, 'a gang that fits finds a node for each worker')
    world.grid.take(node, job.gpus, job.kind)
    return node
  })
}

/** Anchor work in line: room, or room that sold work makes; else all behind wait. */
function scheduleAnchor(world: World, policy: Policy): void {
  const { queue, grid } = world
  for (let work = queue.anchor.head; work; work = queue.anchor.head) {
    const nodes = takeRoom(world, policy, work)
    if (nodes) {
      queue.leaveAnchor()
      world.start(work, nodes)
      continue
    }
    const { workers, gpus } = work.job
    if (!policy.reclaim || !grid.reaches(workers, gpus) || !mayReclaim(world)) return
    queue.leaveAnchor()
    const made = policy.reclaim(world, work)
    const waitS = policy.notice?.noticeS ?? 0
    world.start(work, made, { waitS, extraS: preemptionOverheadS(work.gpus) })
  }
}

/** In leases, sold work goes at the end of one only. */
function mayReclaim({ terms, nowS }: World): boolean {
  return terms.rounds === null || nowS % terms.rounds.leaseS === 0
}

function scheduleSpot(world: World, policy: Policy): void {
  const { queue, grid } = world
  if (queue.spotCount === 0 || grid.freeTotal === 0) return
  // What is not taken back must not be sold while the owner's work waits for it.
  if (!policy.reclaim && queue.anchor.head) return
  queue.offerSpot((work) => {
    const limit = policy.quota?.limit(world, work) ?? Infinity
    if (grid.spotTotal + work.gpus > limit) return false
    const nodes = takeRoom(world, policy, work)
    if (nodes) world.start(work, nodes)
    return nodes !== null
  })
}

class Clock {
  readonly #world: World
  readonly #policy: Policy
  readonly #works: readonly Work[]
  #arrived = 0
  #tickS = 0

  constructor(world: World, policy: Policy) {
    this.#world = world
    this.#policy = policy
    this.#works = world.works
  }

  get #stepS(): number | null {
    return this.#policy.rounds?.roundS ?? (this.#policy.quota ? REFRESH_S : null)
  }

  /** The next second at which something happens; infinite when all is done. */
  nextS(): number {
    const arrivalS = this.#works[this.#arrived]?.waitingSinceS ?? Infinity
    const isIdle = this.#world.queue.count === 0
    const tickS = this.#stepS === null || isIdle ? Infinity : this.#tickS
    return Math.min(arrivalS, tickS, this.#world.nextEndS)
  }

  step(toS: number): void {
    const world = this.#world
    world.advance(toS)
    world.finishDue()
    for (
      let work = this.#works[this.#arrived];
      work && work.waitingSinceS <= toS;
      work = this.#works[++this.#arrived]
    )
      world.submit(work)
    if (this.#mayAct(toS)) {
      scheduleAnchor(world, this.#policy)
      scheduleSpot(world, this.#policy)
    }
  }

  /** Refreshes what is due, and says whether work may start: at any time, or in rounds only. */
  #mayAct(nowS: number): boolean {
    const stepS = this.#stepS
    if (stepS === null) return true
    const { quota, rounds } = this.#policy
    const isTick = rounds ? nowS % stepS === 0 : nowS >= this.#tickS
    if (isTick) quota?.refresh(this.#world)
    this.#tickS = Math.max(this.#tickS, (Math.floor(nowS / stepS) + 1) * stepS)
    return isTick || rounds === null
  }
}

/** Runs it to its end. */
export function simulate({ workload, sizes, policy, onProgress }: Course): World {
  const made = policy()
  const world = new World(workload, sizes, made)
  const clock = new Clock(world, made)
  const lastS = workload.windowS + DRAIN_S
  let told = 0
  for (let nextS = clock.nextS(); nextS <= lastS; nextS = clock.nextS()) {
    clock.step(nextS)
    const fraction = Math.min(1, nextS / workload.windowS)
    if (onProgress && fraction - told >= 0.01) onProgress((told = fraction))
  }
  return world
}
