/**
 * A storm over blocks: they are bought, begun, sold back, wanted back, replaced and cancelled while every connection to
 * PostgreSQL is cut in the middle of what it does, as when the program is killed. What was under way is seen again by whoever
 * looks next; at the end everything must be as if nothing had been cut.
 */
import { randomInt } from 'node:crypto'
import { sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import { Fault } from '#kernel/fault.ts'
import { listBlockClaims, listBookings } from '#modules/book/index.ts'
import { inTransaction, openDatabase } from '#platform/db/database.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { BLOCK_LEAD_SLACK_MS } from '../../limits.ts'
import { cancelBlock } from './cancel-service.ts'
import { listBlocks } from './store.ts'
import { type BlockStand, type Buyer, HOUR_MS, makeBlockStand } from './testing/stand.ts'

const CUTS = 40
const LOOKS_BEFORE_MAX = 6
const TRIES = 20
const GPUS_MAX = 8
const SIZES = [
  [4, 1],
  [8, 2],
  [2, 1],
] as const
const NOBODY = { organizationId: '', projectId: '' }
let stand: BlockStand

afterEach(() => stand?.dispose())

const open = async () => {
  const all = await listBlocks(stand.database, { organizationId: null, limit: 1000 })
  return all.filter(({ closedAt }) => closedAt === null)
}

/** As the program does: what the database did not answer is asked again. */
async function again<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  for (let left = TRIES; ; left--)
    try {
      return await work()
    } catch (error) {
      if (left === 0 || !(error instanceof Fault) || error.code !== 'database.unavailable')
        throw error
    }
}

function refused(error: unknown): void {
  if (!(error instanceof Fault)) throw error
}

function pick<Item>(items: readonly Item[]): Item | undefined {
  return items.length === 0 ? undefined : items[randomInt(items.length)]
}

function hourNow(): number {
  return Math.ceil((stand.clock.now().getTime() - stand.at(0).getTime()) / HOUR_MS)
}

/** What somebody may do at any time; refusals are answers like any other. */
function actions(buyers: readonly Buyer[]): readonly (() => Promise<unknown>)[] {
  const ownerOf = ({ organizationId, projectId }: Buyer) => ({ organizationId, projectId })
  // So few that all of them have room also when a node is lost.
  const buy = async () => {
    const taken = (await open()).reduce((sum, { gpus }) => sum + gpus, 0)
    const [gpus, nodes] = pick(SIZES.filter(([size]) => taken + size <= GPUS_MAX)) ?? [0, 1]
    if (gpus === 0) return null
    const from = hourNow() + 1 + randomInt(2)
    const who = buyers[randomInt(buyers.length)] ?? NOBODY
    return stand.buy(who, { gpus, nodes, from, to: from + 1 + randomInt(2) })
  }
  const ofOne = (work: (who: Buyer, id: string) => Promise<unknown>) => async () => {
    const block = pick(await open())
    return block === undefined ? null : work(ownerOf(block), block.id)
  }
  return [
    ...[buy, buy, stand.look, stand.look, stand.look],
    ofOne((who, id) => stand.sell(who, id, 1)),
    ofOne((who, id) => stand.want(who, id)),
    ofOne((who, id) => stand.lease(who, { gpus: 2, block: id, timeLimitMs: HOUR_MS / 4 })),
    ofOne(({ organizationId }, id) =>
      inTransaction(stand.database, (tx) =>
        cancelBlock(tx, { id, organizationId, feeMax: null }, stand.context()),
      ),
    ),
    () => stand.lease(buyers[0] ?? NOBODY, { kind: 'spot', gpus: 4 }),
  ]
}

/** At no instant has anybody more than one of two claims on a slot, and every booking has one block. */
async function faults(): Promise<readonly string[]> {
  const { database } = stand
  const overlaps = await sql<{ n: number }>`SELECT count(*)::int4 AS n FROM claim a JOIN claim b
    ON a.node_id = b.node_id AND a.id < b.id AND a.slots && b.slots
    AND a.starts_at < coalesce(b.ends_at, 'infinity') AND b.starts_at < coalesce(a.ends_at, 'infinity')`.execute(
    database,
  )
  const orphans = await sql<{ n: number }>`SELECT count(*)::int4 AS n FROM booking
    FULL JOIN block USING (id) WHERE booking.id IS NULL OR block.id IS NULL
    OR (booking.closed_at IS NULL) <> (block.closed_at IS NULL)`.execute(database)
  const holds = await sql<{ n: number }>`SELECT count(*)::int4 AS n FROM block
    JOIN hold ON hold.id = block.hold_id
    WHERE (block.closed_at IS NULL) <> (hold.state = 'held')`.execute(database)
  const counts = { overlaps, orphans, holds }
  return Object.entries(counts).flatMap(([name, { rows }]) =>
    rows[0]?.n === 0 ? [] : [`${name}: ${rows[0]?.n}`],
  )
}

/** What active blocks lack of what they are owed now. */
async function lacking(): Promise<readonly string[]> {
  const claims = await listBlockClaims(stand.database)
  const bookings = await listBookings(stand.database)
  return bookings
    .filter(({ startsAt, endsAt }) => startsAt <= stand.clock.now() && endsAt > stand.clock.now())
    .flatMap(({ id, gpus, nodes, nodesLent }) => {
      const held = claims
        .filter(({ blockId }) => blockId === id)
        .reduce((sum, { slots }) => sum + slots.length, 0)
      const owed = (gpus / nodes) * (nodes - nodesLent)
      return held === owed ? [] : [`${id}: ${held} of ${owed}`]
    })
}

test('whatever is cut off in the middle, nothing is sold twice, no booked slot is lost, and every cent is accounted for', async () => {
  const { db, url } = await cloneDatabase()
  const watcher = openDatabase(url, { applicationName: 'watcher', poolMax: 1 })
  stand = await makeBlockStand(db)
  const buyers = [await stand.buyer('a'), await stand.buyer('b')]
  // Cuts every connection but its own, after it has seen so many times that somebody is at work.
  const cut = async (looks: number, isOver: () => boolean) => {
    for (let seen = 0; seen < looks && !isOver();) {
      const { rows } = await sql`SELECT FROM pg_stat_activity WHERE datname = current_database()
        AND pid <> pg_backend_pid() AND state <> 'idle'`.execute(watcher)
      if (rows.length > 0) seen++
    }
    await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND application_name <> 'watcher'`.execute(watcher)
  }
  const bought = new Set<string>()
  for (let round = 0; round < CUTS; round++) {
    const works = [pick(actions(buyers)) ?? open, pick(actions(buyers)) ?? open]
    const under = Promise.allSettled(works.map((work) => work()))
    let isOver = false
    void under.then(() => (isOver = true))
    await cut(1 + randomInt(LOOKS_BEFORE_MAX), () => isOver)
    const outcomes = await under
    for (const outcome of outcomes)
      if (outcome.status === 'fulfilled') bought.add(idOf(outcome.value))
    // Whoever got no answer asks again; refusals are answers.
    for (const [index, { status }] of outcomes.entries())
      if (status === 'rejected') await again(works[index] ?? open).catch(refused)
    await again(stand.look)
    const [claim] = await again(() => listBlockClaims(db))
    if (round === CUTS / 2 && claim) await again(() => stand.loseNode(claim.nodeId))
    stand.clock.advance((3 + randomInt(12)) * 60_000)
    await again(stand.look)
    expect(await faults()).toEqual([])
  }
  // At least one lives its whole life, whatever chance has cancelled.
  const [first = NOBODY] = buyers
  const next = { from: hourNow() + 1, to: hourNow() + 2 }
  if ((await open()).length === 0) await stand.buy(first, { gpus: 2, nodes: 1, ...next })
  // then whoever looks next puts everything right, and each block has all of its room at its start: looked at as often
  // as its room is gathered earlier than the notice of those who go takes.
  const calm = hourNow()
  await stand.goTo(calm)
  for (let hour = calm + 1; hour <= calm + 6; hour++) {
    await stand.goTo(hour - 0.25)
    await stand.goTo(hour, BLOCK_LEAD_SLACK_MS)
    expect(await lacking()).toEqual([])
  }
  expect(await open()).toEqual([])
  expect(await faults()).toEqual([])
  expect(await stand.wrong()).toEqual([])
  const known = await db.selectFrom('block').select('id').execute()
  const ids = new Set(known.map(({ id }) => id))
  expect([...bought].filter((id) => id.startsWith('blk_') && !ids.has(id))).toEqual([])
  const facts = await db.selectFrom('block_fact').select('type').execute()
  const told = new Set(facts.map(({ type }) => type))
  for (const type of ['block.created', 'block.ready', 'block.ended']) expect(told).toContain(type)
  await watcher.destroy()
}, 240_000)

/** Of what was acknowledged. */
function idOf(value: unknown): string {
  const id: unknown = typeof value === 'object' && value !== null && 'id' in value ? value.id : ''
  return typeof id === 'string' ? id : ''
}
