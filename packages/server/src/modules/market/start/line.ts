/**
 * One way in which it may go on in a pool: who ends when, who comes, who of the line starts when. Pure: chance is a
 * function that is passed in. Work starts as it does live: in order of rank, whatever fits, gangs whole, on the tightest
 * nodes; what may take room from others does so after their notice.
 */
import type { LeaseKind } from '../snapshot.ts'

/** Work that waits, or may come. */
export interface LineWork {
  readonly id: string
  readonly kind: LeaseKind
  readonly gpus: number
  readonly nodes: number
  /** It runs no longer than this. */
  readonly limitMs: number | null
  /** Whether others give way to it. */
  readonly takesRoom: boolean
}

/** Work that runs. Instants are milliseconds from now. */
export interface LineRun {
  readonly kind: LeaseKind
  readonly slots: readonly (readonly [nodeId: string, slots: number])[]
  readonly ageMs: number
  /** When it is gone for sure; null where nobody knows. */
  readonly endsMs: number | null
  /** When it is gone at the latest. */
  readonly endsByMs: number | null
  /** From when on it gives way to what is on demand, and with which notice; null: not at all. */
  readonly yields: { readonly fromMs: number; readonly noticeMs: number } | null
}

export interface LineInput {
  readonly nodes: readonly { readonly nodeId: string; readonly free: number }[]
  readonly running: readonly LineRun[]
  /** In the order in which it is looked at. */
  readonly waiting: readonly LineWork[]
  /** How long work of a kind ran that has ended, in rising order. */
  readonly lifetimes: ReadonlyMap<LeaseKind, readonly number[]>
  /** What came lately, within so long: what may come is like it. */
  readonly lately: { readonly work: readonly LineWork[]; readonly withinMs: number }
  /** GPUs by which the owner's demand may rise, at evenly spaced chances, and within how long. */
  readonly rises: { readonly gpus: readonly number[]; readonly withinMs: number } | null
  /** GPUs that may still be sold as spot; infinite where nothing bounds it. */
  readonly spotLeft: number
}

const RANK: Readonly<Record<LeaseKind, number>> = {
  anchor: 0,
  on_demand: 1,
  serving: 2,
  spot: 3,
  flex: 4,
}
/** Further ahead nothing is said. */
export const LOOKED_AHEAD_MS = 7 * 24 * 3_600_000
/** With fewer that have ended, nothing is known of how long work of a kind runs. */
const LIFETIMES_MIN = 5
const ARRIVALS_MAX = 400

/** How much longer work runs that has run for so long; infinite where that is not known. */
export function remainingMs(
  lifetimes: readonly number[] | undefined,
  ageMs: number,
  random: () => number,
): number {
  if (lifetimes === undefined || lifetimes.length < LIFETIMES_MIN) return Number.POSITIVE_INFINITY
  const first = lifetimes.findIndex((each) => each > ageMs)
  if (first < 0) return Number.POSITIVE_INFINITY
  const picked = first + Math.floor(random() * (lifetimes.length - first))
  return (lifetimes[picked] ?? Number.POSITIVE_INFINITY) - ageMs
}

interface Run {
  readonly kind: LeaseKind
  readonly slots: readonly (readonly [string, number])[]
  readonly yields: LineRun['yields']
  isOver: boolean
}

type Happening =
  | { readonly atMs: number; readonly run: Run }
  | { readonly atMs: number; readonly comes: LineWork }
  | { readonly atMs: number; readonly rise: number }

function slotsOf({ slots }: Pick<Run, 'slots'>): number {
  return slots.reduce((sum, [, count]) => sum + count, 0)
}

export class Line {
  readonly starts = new Map<string, number>()
  readonly #input: LineInput
  readonly #random: () => number
  readonly #free: Map<string, number>
  readonly #runs = new Set<Run>()
  readonly #happenings: Happening[] = []
  #waiting: LineWork[]
  #spotLeft: number
  /** What the owner has come for and not got. */
  #owed = 0

  constructor(input: LineInput, random: () => number) {
    this.#input = input
    this.#random = random
    this.#free = new Map(input.nodes.map(({ nodeId, free }) => [nodeId, free]))
    this.#waiting = [...input.waiting]
    this.#spotLeft = input.spotLeft
    for (const run of input.running) this.#enter(run)
    this.#foresee()
    this.#happenings.sort((a, b) => b.atMs - a.atMs)
  }

  /** Those that start at once, whatever may come. */
  startAtOnce(): ReadonlySet<string> {
    this.#place(0)
    return new Set(this.starts.keys())
  }

  /** Goes on until all that is asked for has started, or nothing is known any further. */
  play(ids: ReadonlySet<string>): void {
    this.#place(0)
    while ([...ids].some((id) => !this.starts.has(id))) {
      const next = this.#happenings.pop()
      if (next === undefined || next.atMs > LOOKED_AHEAD_MS) return
      if ('run' in next) this.#end(next.run)
      else if ('comes' in next) this.#queue(next.comes)
      else this.#owed += next.rise
      this.#settle()
      this.#place(next.atMs)
    }
  }

  #enter({ kind, slots, ageMs, endsMs, endsByMs, yields }: LineRun): void {
    const run = { kind, slots, yields, isOver: false }
    this.#runs.add(run)
    const lasts = remainingMs(this.#input.lifetimes.get(kind), ageMs, this.#random)
    const atMs = endsMs ?? Math.min(lasts, endsByMs ?? Number.POSITIVE_INFINITY)
    if (atMs < LOOKED_AHEAD_MS) this.#happenings.push({ atMs, run })
  }

  #foresee(): void {
    const { lately, rises } = this.#input
    if (rises !== null) {
      const rise = rises.gpus[Math.floor(this.#random() * rises.gpus.length)] ?? 0
      if (rise > 0) this.#happenings.push({ atMs: this.#random() * rises.withinMs, rise })
    }
    if (lately.work.length === 0) return
    const everyMs = lately.withinMs / lately.work.length
    let atMs = 0
    for (let arrival = 0; arrival < ARRIVALS_MAX; arrival++) {
      atMs += -Math.log(1 - this.#random()) * everyMs
      const like = lately.work[Math.floor(this.#random() * lately.work.length)]
      if (like === undefined || atMs > LOOKED_AHEAD_MS) return
      this.#happenings.push({ atMs, comes: { ...like, id: `arrival ${arrival}` } })
    }
  }

  /** What happens is kept with the soonest last. */
  #add(happening: Happening): void {
    const later = this.#happenings.findLastIndex(({ atMs }) => atMs >= happening.atMs)
    this.#happenings.splice(later + 1, 0, happening)
  }

  #queue(work: LineWork): void {
    const behind = this.#waiting.findIndex((each) => RANK[each.kind] > RANK[work.kind])
    this.#waiting.splice(behind < 0 ? this.#waiting.length : behind, 0, work)
  }

  #end(run: Run): void {
    if (run.isOver) return
    run.isOver = true
    this.#runs.delete(run)
    for (const [nodeId, slots] of run.slots)
      this.#free.set(nodeId, (this.#free.get(nodeId) ?? 0) + slots)
    if (run.kind !== 'anchor') this.#spotLeft += slotsOf(run)
  }

  /** The owner comes before all others. */
  #settle(): void {
    for (const [nodeId, free] of this.#free) {
      if (this.#owed === 0) return
      const taken = Math.min(free, this.#owed)
      this.#free.set(nodeId, free - taken)
      this.#owed -= taken
    }
  }

  #place(nowMs: number): void {
    let largest = Math.max(0, ...this.#free.values())
    this.#waiting = this.#waiting.filter((work) => {
      if (work.kind === 'spot' && work.gpus > this.#spotLeft) return true
      if (work.gpus / work.nodes > largest && !work.takesRoom) return true
      const places = this.#roomFor(work, nowMs)
      if (places === null) return true
      this.#start(work, places)
      largest = Math.max(0, ...this.#free.values())
      return false
    })
  }

  /** The tightest nodes that hold it, and when: at once, or after the notice of those that give way. */
  #roomFor(work: LineWork, nowMs: number): { nodeIds: readonly string[]; atMs: number } | null {
    const each = work.gpus / work.nodes
    const fitting = [...this.#free]
      .filter(([, free]) => free >= each)
      .toSorted((a, b) => a[1] - b[1])
    if (fitting.length >= work.nodes)
      return { nodeIds: fitting.slice(0, work.nodes).map(([nodeId]) => nodeId), atMs: nowMs }
    return work.takesRoom ? this.#takeRoom(work, nowMs) : null
  }

  #takeRoom(work: LineWork, nowMs: number) {
    const each = work.gpus / work.nodes
    const giving = [...this.#runs].filter(({ yields }) => yields !== null && yields.fromMs <= nowMs)
    const could = new Map(this.#free)
    for (const { slots } of giving)
      for (const [nodeId, count] of slots) could.set(nodeId, (could.get(nodeId) ?? 0) + count)
    const nodeIds = [...could].filter(([, free]) => free >= each).map(([nodeId]) => nodeId)
    if (nodeIds.length < work.nodes) return null
    const chosen = nodeIds.slice(0, work.nodes)
    let noticeMs = 0
    for (const run of giving)
      if (
        run.slots.some(
          ([nodeId]) => chosen.includes(nodeId) && (this.#free.get(nodeId) ?? 0) < each,
        )
      ) {
        noticeMs = Math.max(noticeMs, run.yields?.noticeMs ?? 0)
        this.#end(run)
      }
    return { nodeIds: chosen, atMs: nowMs + noticeMs }
  }

  #start(work: LineWork, { nodeIds, atMs }: { nodeIds: readonly string[]; atMs: number }): void {
    const each = work.gpus / work.nodes
    for (const nodeId of nodeIds) this.#free.set(nodeId, (this.#free.get(nodeId) ?? 0) - each)
    if (work.kind !== 'anchor') this.#spotLeft -= work.gpus
    this.starts.set(work.id, atMs)
    const run = {
      ...{ kind: work.kind, yields: null, isOver: false },
      slots: nodeIds.map((nodeId) => [nodeId, each] as const),
    }
    this.#runs.add(run)
    const lasts = remainingMs(this.#input.lifetimes.get(work.kind), 0, this.#random)
    const endsMs = atMs + Math.min(lasts, work.limitMs ?? Number.POSITIVE_INFINITY)
    if (endsMs < LOOKED_AHEAD_MS) this.#add({ atMs: endsMs, run })
  }
}
