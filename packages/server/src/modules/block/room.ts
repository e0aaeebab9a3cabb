/**
 * Whether a block fits into what a pool can place over time: beside what does not give way, what is booked already, and what
 * is kept for the owner. Pure. Gangs are packed onto nodes, the largest first; where that finds no place, nothing is sold.
 */

export interface RoomNode {
  readonly id: string
  readonly fabric: string | null
  /** Those that work. */
  readonly slots: number
}

/** Slots of a node that somebody has and does not give way on before an instant; null: ever. */
export interface Firm {
  readonly nodeId: string
  readonly slots: number
  readonly untilMs: number | null
  /** Not before: until then it is within a block that has them. Absent: now. */
  readonly fromMs?: number
}

export interface Gang {
  readonly gpus: number
  readonly nodes: number
  readonly isOneFabric: boolean
  readonly startsMs: number
  readonly endsMs: number
}

export interface BookedGang extends Gang {
  /** What it has claimed already. */
  readonly held: readonly { readonly nodeId: string; readonly slots: number }[]
}

export interface PoolRoom {
  readonly nodes: readonly RoomNode[]
  readonly firm: readonly Firm[]
  readonly booked: readonly BookedGang[]
  /** Slots that are left for the owner's work, beyond what it has. */
  readonly keptSlots: number
}

interface Item {
  readonly perNode: number
  readonly nodes: number
  readonly isOneFabric: boolean
  /** Where the rest of it is, which is the only fabric for it; absent: any. */
  readonly onFabric?: string
}

type Free = Map<string, number>

/** The nodes for a gang: those with the least to spare, on one fabric where that is asked. */
function choose(
  { perNode, nodes, isOneFabric, onFabric }: Item,
  free: Free,
  room: PoolRoom,
): string[] | null {
  const fitting = room.nodes
    .filter(
      ({ id, fabric }) =>
        (free.get(id) ?? 0) >= perNode && (onFabric === undefined || fabric === onFabric),
    )
    .toSorted((a, b) => (free.get(a.id) ?? 0) - (free.get(b.id) ?? 0) || (a.id < b.id ? -1 : 1))
  const groups = isOneFabric
    ? [...Map.groupBy(fitting, ({ fabric }) => fabric)].flatMap(([name, own]) =>
        name === null && nodes > 1 ? [] : [own],
      )
    : [fitting]
  const [best] = groups.filter((own) => own.length >= nodes).toSorted((a, b) => a.length - b.length)
  return best?.slice(0, nodes).map(({ id }) => id) ?? null
}

function isAt({ startsMs, endsMs }: Gang, atMs: number): boolean {
  return startsMs <= atMs && endsMs > atMs
}

/** What is free on each node at an instant, once those that give way have gone. */
function freeAt({ nodes, firm, booked }: PoolRoom, atMs: number): Free {
  const free = new Map(nodes.map(({ id, slots }) => [id, slots]))
  const take = (nodeId: string, slots: number) =>
    void (free.has(nodeId) && free.set(nodeId, (free.get(nodeId) ?? 0) - slots))
  for (const { nodeId, slots, untilMs, fromMs = 0 } of firm)
    if (fromMs <= atMs && (untilMs === null || untilMs > atMs)) take(nodeId, slots)
  for (const { held, endsMs } of booked)
    if (endsMs > atMs) for (const { nodeId, slots } of held) take(nodeId, slots)
  return free
}

function itemsAt(room: PoolRoom, atMs: number): Item[] {
  const fabricOf = new Map(room.nodes.map(({ id, fabric }) => [id, fabric]))
  return room.booked
    .filter((each) => isAt(each, atMs))
    .flatMap(({ gpus, nodes, isOneFabric, held }) => {
      const perNode = gpus / nodes
      const slots = held.reduce((sum, each) => sum + each.slots, 0)
      const missing = nodes - Math.floor(slots / perNode)
      const onFabric = held.map(({ nodeId }) => fabricOf.get(nodeId)).find(Boolean)
      const where = isOneFabric && onFabric ? { onFabric } : {}
      return missing <= 0 ? [] : [{ perNode, nodes: missing, isOneFabric, ...where }]
    })
}

/** What is left on each node once all of these have theirs; null where one finds no place. */
function place(items: readonly Item[], room: PoolRoom, atMs: number): Free | null {
  const free = freeAt(room, atMs)
  const isTied = ({ onFabric }: Item) => Number(onFabric !== undefined)
  // Those first that have the least choice.
  const inOrder = items.toSorted(
    (a, b) => isTied(b) - isTied(a) || b.perNode - a.perNode || b.nodes - a.nodes,
  )
  for (const item of inOrder) {
    const nodes = choose(item, free, room)
    if (nodes === null) return null
    for (const id of nodes) free.set(id, (free.get(id) ?? 0) - item.perNode)
  }
  return free
}

function leftIn(free: Free): number {
  let left = 0
  for (const slots of free.values()) left += Math.max(0, slots)
  return left
}

function fitsAt(gang: Gang, room: PoolRoom, atMs: number): boolean {
  const { gpus, nodes, isOneFabric } = gang
  const own: Item = { perNode: gpus / nodes, nodes, isOneFabric }
  const free = place([...itemsAt(room, atMs), own], room, atMs)
  return free !== null && leftIn(free) >= room.keptSlots
}

/** GPUs that may be booked from an instant on, until something else begins; as gangs that fit on what each node has left. */
export function bookableAt(room: PoolRoom, atMs: number): number {
  const free = place(itemsAt(room, atMs), room, atMs)
  return free === null ? 0 : Math.max(0, leftIn(free) - room.keptSlots)
}

/** Whether a gang fits at every instant of its time. More is taken only where it or another begins. */
export function fits(gang: Gang, room: PoolRoom): boolean {
  const points = [
    gang.startsMs,
    ...room.booked
      .map(({ startsMs }) => startsMs)
      .filter((startsMs) => startsMs > gang.startsMs && startsMs < gang.endsMs),
  ]
  return points.every((atMs) => fitsAt(gang, room, atMs))
}
