/** When what waits on a pool is likely to start, by what runs, what waits before it and what is foreseen. Changes nothing. */
import {
  estimateStarts,
  inOrder,
  isTooDear,
  type LineInput,
  type LineRun,
  type LineWork,
  listLiveForecasts,
  quantileOf,
  SaleRoom,
  type Snapshot,
  type StartEstimate,
  UNKNOWN,
  type Want,
} from '#modules/market/index.ts'
import type { Db } from '#platform/db/database.ts'
import {
  STARTS_LATELY_MS,
  STARTS_LEARNED_MS,
  STARTS_TOLD_MAX,
  STARTS_UNASKED_OPEN_MAX,
} from '../../limits.ts'
import { endsByMs, yieldsFromMs } from './ends.ts'
import type { Lease } from './lease.ts'
import { hasMoreOpen, listAsked, listLifetimes } from './past-store.ts'
import { readBare } from './snapshot-service.ts'
import { listOpenLeases } from './store.ts'

/** Milliseconds from now of an instant, never before it. */
function fromNow(ms: number | null | undefined, nowMs: number): number | null {
  return ms === null || ms === undefined ? null : Math.max(0, ms - nowMs)
}

function toRun(lease: Lease, nowMs: number): LineRun {
  const yieldsMs = fromNow(yieldsFromMs(lease), nowMs)
  return {
    kind: lease.kind,
    slots: lease.placements.map(({ nodeId, slots }) => [nodeId, slots.length] as const),
    ageMs: Math.max(0, nowMs - (lease.startedAt?.getTime() ?? nowMs)),
    endsMs: fromNow(lease.stopAt?.getTime(), nowMs),
    endsByMs: fromNow(endsByMs(lease), nowMs),
    yields: yieldsMs === null ? null : { fromMs: yieldsMs, noticeMs: lease.noticeMs },
  }
}

/** Those that wait for nothing but room: neither for a lower price, nor for a promise that is not made now. */
function lineOf(
  { wants }: Snapshot,
  pool: string,
  { limits, room }: { limits: ReadonlyMap<string, number | null>; room: SaleRoom | null },
) {
  const isPromised = ({ promisedMs = 0, gpus }: Want) =>
    promisedMs === 0 || room === null || room.left(promisedMs) >= gpus
  const mine = wants.filter((want) => want.pool === pool && !isTooDear(want) && isPromised(want))
  return inOrder(mine).map(({ leaseId: id, kind, gpus, nodes }): LineWork => ({
    ...{ id, kind, gpus, nodes, limitMs: limits.get(id) ?? null },
    takesRoom: kind === 'on_demand' || kind === 'anchor',
  }))
}

function freeOf({ nodes, holders }: Snapshot, pool: string): LineInput['nodes'] {
  const taken = new Map<string, number>()
  for (const { nodeId, slots } of holders)
    taken.set(nodeId, (taken.get(nodeId) ?? 0) + slots.length)
  return nodes
    .filter((node) => node.pool === pool && node.isReady)
    .map(({ id, slotCount }) => ({ nodeId: id, free: slotCount - (taken.get(id) ?? 0) }))
}

const CHANCES = [0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95]

/** By how much the owner's demand may rise above what it has; null where no forecast is to be believed. */
async function risesOf(
  db: Db,
  { nodes, holders, nowMs }: Snapshot,
  pool: string,
): Promise<LineInput['rises']> {
  const longest = (await listLiveForecasts(db, new Date(nowMs))).get(pool)?.at(-1)
  if (longest === undefined || longest.fallback !== null) return null
  const mine = new Set(nodes.flatMap((node) => (node.pool === pool ? [node.id] : [])))
  const now = holders.reduce(
    (sum, { kind, nodeId, slots }) =>
      sum + (kind === 'anchor' && mine.has(nodeId) ? slots.length : 0),
    0,
  )
  const gpus = CHANCES.map((level) =>
    Math.max(0, Math.round(quantileOf(longest.peak, level) - now)),
  )
  return { gpus, withinMs: longest.horizonHours * 3_600_000 }
}

async function readLine(db: Db, pool: string, now: Date): Promise<LineInput> {
  const nowMs = now.getTime()
  const book = await readBare(db, now)
  const open = await listOpenLeases(db, pool)
  const limits = new Map(open.map(({ id, timeLimitMs }) => [id, timeLimitMs]))
  const sale = book.pools.find(({ name }) => name === pool)?.sale
  const room = sale === undefined ? null : new SaleRoom(sale)
  const asked = await listAsked(db, pool, new Date(nowMs - STARTS_LATELY_MS))
  return {
    nodes: freeOf(book, pool),
    running: open
      .filter(({ placements }) => placements.length > 0)
      .map((lease) => toRun(lease, nowMs)),
    waiting: lineOf(book, pool, { limits, room }),
    lifetimes: await listLifetimes(db, pool, new Date(nowMs - STARTS_LEARNED_MS)),
    lately: {
      work: asked.map((each) => ({ ...each, takesRoom: each.kind === 'on_demand' })),
      withinMs: STARTS_LATELY_MS,
    },
    rises: await risesOf(db, book, pool),
    spotLeft: room === null ? Number.POSITIVE_INFINITY : room.left(0),
  }
}

/** Estimates for a pool, of its leases that wait and of more that would come after them. */
export async function readStarts(
  db: Db,
  pool: string,
  now: Date,
): Promise<
  (ids: readonly string[], more?: readonly LineWork[]) => ReadonlyMap<string, StartEstimate>
> {
  const line = await readLine(db, pool, now)
  return (ids, more = []) => estimateStarts({ ...line, waiting: [...line.waiting, ...more] }, ids)
}

/** As it is told: instants, and null for what is not known. */
export function renderStart({ p50Ms, p90Ms }: StartEstimate, now: Date) {
  const at = (ms: number | null) =>
    ms === null ? null : new Date(now.getTime() + Math.ceil(ms)).toISOString()
  return { p50At: at(p50Ms), p90At: at(p90Ms) }
}

/** Whether a reckoning that nobody asked for by itself is quick: not where very many are open. */
export async function isQuickToReckon(db: Db, pool: string): Promise<boolean> {
  return !(await hasMoreOpen(db, pool, STARTS_UNASKED_OPEN_MAX))
}

/** Of a lease, when it is likely to start; null where it does not wait, or waits for its block alone. */
export async function expectedStart(
  db: Db,
  { id, state, pool, blockId }: Pick<Lease, 'id' | 'state' | 'pool' | 'blockId'>,
  now: Date,
) {
  if (state !== 'pending' || blockId !== null) return null
  const estimate = await readStarts(db, pool, now)
  return renderStart(estimate([id]).get(id) ?? UNKNOWN, now)
}

/** Of a list, of those that wait, while that is quick. */
export async function expectedStarts(
  db: Db,
  leases: readonly Pick<Lease, 'id' | 'state' | 'pool' | 'blockId'>[],
  now: Date,
): Promise<ReadonlyMap<string, ReturnType<typeof renderStart>>> {
  const waiting = leases.filter(({ state, blockId }) => state === 'pending' && blockId === null)
  const starts = new Map<string, ReturnType<typeof renderStart>>()
  for (const [pool, own] of Map.groupBy(waiting.slice(0, STARTS_TOLD_MAX), (lease) => lease.pool)) {
    if (!(await isQuickToReckon(db, pool))) continue
    const estimate = await readStarts(db, pool, now)
    for (const [id, start] of estimate(own.map((lease) => lease.id)))
      starts.set(id, renderStart(start, now))
  }
  return starts
}

/** When one that is about to be asked for is likely to start, after all that waits. Asked before it locks anything. */
export async function expectedStartOfNew(
  db: Db,
  {
    kind,
    gpus,
    nodes,
    pool,
    timeLimitMs,
  }: Pick<Lease, 'kind' | 'gpus' | 'nodes' | 'pool'> & {
    readonly timeLimitMs: number | null
  },
  now: Date,
) {
  if (!(await isQuickToReckon(db, pool))) return null
  const takesRoom = kind === 'on_demand' || kind === 'anchor'
  const work = { id: 'new', kind, gpus, nodes, limitMs: timeLimitMs, takesRoom }
  const estimate = await readStarts(db, pool, now)
  return renderStart(estimate(['new'], [work]).get('new') ?? UNKNOWN, now)
}
