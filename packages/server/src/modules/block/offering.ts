/** What comes near to a block that is wished for: another start, fewer hours, fewer GPUs. Pure. */
import { fits, type PoolRoom } from './room.ts'

export interface Wish {
  readonly gpus: number
  readonly nodes: number
  readonly isOneFabric: boolean
  readonly startsMs: number
  readonly hours: number
}

export interface Near extends Wish {
  readonly differs: readonly ('start' | 'length' | 'gpus')[]
}

interface Bounds {
  readonly earliestMs: number
  readonly latestMs: number
  readonly gridMs: number
}

function canHave(wish: Wish, room: PoolRoom, { earliestMs, gridMs }: Bounds): boolean {
  if (wish.startsMs < earliestMs) return false
  return fits({ ...wish, endsMs: wish.startsMs + wish.hours * gridMs }, room)
}

/** Instants at which more may be free than before, and the grid right after each. */
function startsAfter(atMs: number, room: PoolRoom, { latestMs, gridMs }: Bounds): number[] {
  const ends = [
    ...room.booked.map(({ endsMs }) => endsMs),
    ...room.firm.flatMap(({ untilMs }) => (untilMs === null ? [] : [untilMs])),
  ]
  const onGrid = ends.map((endMs) => Math.ceil(endMs / gridMs) * gridMs)
  return [...new Set(onGrid)].filter((at) => at > atMs && at <= latestMs).toSorted((a, b) => a - b)
}

function laterStart(wish: Wish, room: PoolRoom, bounds: Bounds): Near | null {
  const first = Math.max(wish.startsMs, bounds.earliestMs)
  for (const startsMs of [first, ...startsAfter(first, room, bounds)])
    if (canHave({ ...wish, startsMs }, room, bounds))
      return { ...wish, startsMs, differs: ['start'] }
  return null
}

/** The latest start before the wished one, hour by hour. */
function soonerStart(wish: Wish, room: PoolRoom, bounds: Bounds): Near | null {
  const { earliestMs, gridMs } = bounds
  for (let startsMs = wish.startsMs - gridMs; startsMs >= earliestMs; startsMs -= gridMs)
    if (canHave({ ...wish, startsMs }, room, bounds))
      return { ...wish, startsMs, differs: ['start'] }
  return null
}

/** The most that can be had of a number, by halving; zero where not even one. */
function most(limit: number, can: (count: number) => boolean): number {
  let [low, high] = [0, limit]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (can(middle)) low = middle
    else high = middle - 1
  }
  return low
}

function shorter(wish: Wish, room: PoolRoom, bounds: Bounds): Near | null {
  const hours = most(wish.hours - 1, (count) => canHave({ ...wish, hours: count }, room, bounds))
  return hours === 0 ? null : { ...wish, hours, differs: ['length'] }
}

/** Fewer nodes of the same size; of one node, fewer GPUs. */
function fewer(wish: Wish, room: PoolRoom, bounds: Bounds): Near | null {
  const perNode = wish.gpus / wish.nodes
  const asked = (count: number) =>
    wish.nodes === 1 ? { ...wish, gpus: count } : { ...wish, nodes: count, gpus: count * perNode }
  const limit = wish.nodes === 1 ? wish.gpus : wish.nodes
  const count = most(limit - 1, (each) => canHave(asked(each), room, bounds))
  return count === 0 ? null : { ...asked(count), differs: ['gpus'] }
}

/** The wish itself where it can be had, else what is nearest in each way. */
export function findNear(wish: Wish, room: PoolRoom, bounds: Bounds): readonly Near[] {
  if (canHave(wish, room, bounds)) return [{ ...wish, differs: [] }]
  const ways = [laterStart, soonerStart, shorter, fewer]
  return ways.flatMap((way) => way(wish, room, bounds) ?? [])
}
