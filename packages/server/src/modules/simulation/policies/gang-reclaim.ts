/**
 * Spillway's reclaim for a gang whose workers may share nodes: victims by the market's own rule on each node, the whole
 * gang planned before anybody goes, and whoever turns out not to be needed is spared. Decides; evicts nobody.
 */
import { assert } from '#kernel/assert.ts'
import type { Victim, VictimPlan } from '#modules/market/index.ts'
import { preemptionOverheadS } from '../terms.ts'
import type { Work } from '../work.ts'
import type { World } from '../world.ts'

/** The rules of the live market: who goes on a node, and in which order leases give way. */
export interface MarketRules {
  readonly chooseVictims: (
    candidates: Iterable<Victim>,
    need: {
      readonly nodeId: string
      readonly slots: number
      readonly by: 'anchor'
      readonly nowMs: number
    },
  ) => VictimPlan | null
  readonly inOrderOfGivingWay: (
    victims: Iterable<Victim>,
    by: 'anchor',
    nowMs: number,
  ) => readonly Victim[]
}

export interface ReclaimTaste {
  readonly rules: MarketRules
  /** Nobody is stopped within so long of its start, if the gang can have its room without. */
  readonly guaranteeS: number
  /** What each stop costs somebody, beside the restart on each GPU: GPU-seconds. */
  readonly stopGpuS: number
  /** So many GPUs are of use if they are freed now: a stop that frees more of them is worth more. */
  readonly usefulGpus: number
}

export interface GangPlan {
  /** Of each worker. */
  readonly nodes: readonly number[]
  readonly victims: readonly Work[]
}

interface Offer {
  readonly plan: VictimPlan
  /** What is left on the node afterwards: of equal offers, the tightest. */
  readonly left: number
}

const NOBODY: VictimPlan = { victims: [], cost: [-1, 0n] }

/** So many slots; only their number matters here. */
const SLOTS: (readonly number[])[] = []
function slots(count: number): readonly number[] {
  return (SLOTS[count] ??= Array.from({ length: count }, (_, slot) => slot))
}

/**
 * Sold work as the market sees it. It saves within its notice, so what is lost is its restart and what a stop costs,
 * for each GPU of use that the stop frees.
 */
function asVictim({ job, gpus, run }: Work, nowS: number, taste: ReclaimTaste): Victim {
  const startedS = run?.startedS ?? nowS
  const lostGpuS = preemptionOverheadS(gpus) * gpus + taste.stopGpuS
  const useful = Math.max(1, Math.min(gpus, taste.usefulGpus))
  // The market multiplies by the GPUs again.
  const savedMs = Math.round(nowS * 1_000 - (lostGpuS * 1_000) / (useful * gpus))
  return {
    leaseId: String(job.id),
    kind: 'spot',
    startedMs: Math.min(startedS * 1_000, savedMs),
    priceUsd: null,
    terms: { by: ['anchor'], minimumRunMs: 0, isCapReached: nowS - startedS < taste.guaranteeS },
    checkpointMs: savedMs,
    slotsByNode: new Map(
      (run?.places ?? []).map((place) => [String(place.node), slots(place.gpus)]),
    ),
  }
}

class GangPlanner {
  readonly #world: World
  readonly #work: Work
  readonly #taste: ReclaimTaste
  readonly #offers = new Map<number, Offer>()
  readonly #victims = new Map<Work, Victim>()
  readonly #works = new Map<Victim, Work>()
  readonly #going = new Set<Victim>()
  /** GPUs of this gang's workers by node. */
  readonly #taken = new Map<number, number>()

  constructor(world: World, work: Work, taste: ReclaimTaste) {
    this.#world = world
    this.#work = work
    this.#taste = taste
  }

  plan(): GangPlan | null {
    const { gpus, workers } = this.#work.job
    const { grid } = this.#world
    for (let reach = gpus; reach <= grid.sizeMax; reach++)
      for (const node of grid.withReach(reach)) this.#rate(node)
    const nodes: number[] = []
    while (nodes.length < workers) {
      const node = this.#cheapest()
      if (node === null) return null
      this.#choose(node)
      nodes.push(node)
    }
    return { nodes, victims: this.#settle() }
  }

  #victimsOn(node: number): Victim[] {
    const there: Victim[] = []
    for (const work of this.#world.spotOn[node] ?? []) {
      let victim = this.#victims.get(work)
      if (!victim) {
        victim = asVictim(work, this.#world.nowS, this.#taste)
        this.#victims.set(work, victim)
        this.#works.set(victim, work)
      }
      there.push(victim)
    }
    return there
  }

  #freed(node: number, going: Iterable<Victim>): number {
    let freed = this.#world.grid.freeOn(node)
    for (const victim of going) freed += victim.slotsByNode.get(String(node))?.length ?? 0
    return freed
  }

  /** What one more worker on this node would cost. */
  #rate(node: number): void {
    const room = this.#freed(node, this.#going) - (this.#taken.get(node) ?? 0)
    const { gpus } = this.#work.job
    if (room >= gpus) {
      this.#offers.set(node, { plan: NOBODY, left: room - gpus })
      return
    }
    const candidates = this.#victimsOn(node).filter((victim) => !this.#going.has(victim))
    const plan = this.#taste.rules.chooseVictims(candidates, {
      nodeId: String(node),
      slots: gpus - room,
      by: 'anchor',
      nowMs: this.#world.nowS * 1_000,
    })
    if (plan) this.#offers.set(node, { plan, left: room })
    else this.#offers.delete(node)
  }

  #cheapest(): number | null {
    let best: [node: number, offer: Offer] | null = null
    for (const [node, offer] of this.#offers) {
      if (best) {
        const [a, b] = [offer.plan.cost, best[1].plan.cost]
        if (a[0] > b[0] || (a[0] === b[0] && a[1] > b[1])) continue
        if (a[0] === b[0] && a[1] === b[1] && offer.left >= best[1].left) continue
      }
      best = [node, offer]
    }
    return best?.[0] ?? null
  }

  #choose(node: number): void {
    const victims = this.#offers.get(node)?.plan.victims ?? []
    this.#taken.set(node, (this.#taken.get(node) ?? 0) + this.#work.job.gpus)
    const touched = new Set([node])
    for (const victim of victims) {
      this.#going.add(victim)
      for (const nodeId of victim.slotsByNode.keys()) touched.add(Number(nodeId))
    }
    for (const each of touched) this.#rate(each)
  }

  #inOrder(): readonly Victim[] {
    const { rules } = this.#taste
    return rules.inOrderOfGivingWay(this.#going, 'anchor', this.#world.nowS * 1_000)
  }

  /** The dearest first: who can stay while every worker keeps its room, stays. */
  #settle(): readonly Work[] {
    for (const victim of this.#inOrder().toReversed()) {
      this.#going.delete(victim)
      const isNeeded = [...victim.slotsByNode.keys()].some((nodeId) => {
        const node = Number(nodeId)
        return this.#freed(node, this.#going) < (this.#taken.get(node) ?? 0)
      })
      if (isNeeded) this.#going.add(victim)
    }
    return [...this.#going].flatMap((victim) => this.#works.get(victim) ?? [])
  }
}

/** Spares who is within the guaranteed time, if the gang can have its room without them. */
export function planGang(world: World, work: Work, taste: ReclaimTaste): GangPlan {
  const plan =
    new GangPlanner(world, work, taste).plan() ??
    new GangPlanner(world, work, { ...taste, guaranteeS: 0 }).plan()
  assert(plan !== null, 'a gang that is within reach can be planned')
  return plan
}
