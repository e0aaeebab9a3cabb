/** Leases in whatever order things happen to them: the books, the holds and the claims come out even every time. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { accountPool, listOpenClaims } from '#modules/book/index.ts'
import { getBalance } from '#modules/ledger/index.ts'
import { usageOf, verifyBooks } from '#modules/metering/index.ts'
import { type Database, inTransaction } from '#platform/db/database.ts'
import { createEngines, type Engine } from '#platform/engines/engine.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { confirmGone } from './confirm-service.ts'
import { evacuateNode } from './evacuate-service.ts'
import { tellFaults } from './fault-service.ts'
import type { Lease } from './lease.ts'
import { verifyCredits } from './reclaim-verification-service.ts'
import { reportCheckpoint, stopLease } from './service.ts'
import { listLeases, listOpenLeases } from './store.ts'
import { makeStand, type Stand, terms } from './testing/stand.ts'

const CHARGE = { kind: 'charge', fraction: '0.5', lastMs: 600_000 } as const
const COMMAND = ['sh', '-c', 'ignore-term; run']

const EVENTS = fc.array(
  fc.record({
    what: fc.constantFrom(
      'anchor',
      'spot',
      'flex',
      'on_demand',
      'look',
      'look',
      'look',
      'stop',
      'lose_gpu',
      'confirm_gone',
      'evacuate',
      'checkpoint',
      'requeue',
      'limit',
    ),
    which: fc.nat(1000),
    afterMs: fc.integer({ min: 1, max: 400_000 }),
    gpus: fc.integer({ min: 1, max: 4 }),
  }),
  { minLength: 25, maxLength: 50 },
)

type Event = (
  typeof EVENTS extends fc.Arbitrary<infer All> ? All : never
) extends readonly (infer One)[]
  ? One
  : never

class Course {
  readonly #stand: Stand
  readonly #db: Database

  constructor(stand: Stand, db: Database) {
    this.#stand = stand
    this.#db = db
  }

  async happen({ what, which, afterMs, gpus }: Event): Promise<void> {
    const open = await listOpenLeases(this.#db)
    const lease = open[which % Math.max(1, open.length)]
    if (what === 'look') return this.#stand.look(afterMs)
    if (what === 'anchor' || what === 'spot' || what === 'flex' || what === 'on_demand') {
      await this.#stand.ask(what, gpus, COMMAND).catch(ignoreUnfunded)
      return
    }
    if (lease) await this.#befall(what, lease, afterMs)
  }

  async #befall(what: Event['what'], lease: Lease, afterMs: number): Promise<void> {
    const now = this.#stand.clock.now()
    const { ids } = this.#stand.deps
    const { id } = lease
    const holds = lease.state !== 'pending'
    const change = (set: object) =>
      this.#db.updateTable('lease').set(set).where('id', '=', id).execute()
    await inTransaction(this.#db, async (tx) => {
      const nodeId = lease.placements[0]?.nodeId ?? ''
      if (what === 'stop') await stopLease(tx, { id, organizationId: null, now })
      if (what === 'evacuate' && holds) await evacuateNode(tx, { nodeId, now, ids })
      if (what === 'checkpoint' && lease.state === 'running')
        await reportCheckpoint(tx, { id, organizationId: null, now })
      if (what === 'lose_gpu' && holds) {
        const slot = lease.placements[0]?.slots[0] ?? 0
        const lastGoodAt = new Date(now.getTime() - afterMs)
        const fault = { nodeId, slot, reason: 'Xid 79', isLost: true, since: now, lastGoodAt }
        await tellFaults(tx, [fault], now)
      }
      if (what === 'confirm_gone' && holds) await this.#confirm(tx, id)
    })
    if (what === 'requeue') await change({ requeue: 'on_failure', failures_max: 2 })
    if (what === 'limit') await change({ time_limit_ms: BigInt(afterMs) })
  }

  /** The machine is off: its processes are gone with it. */
  async #confirm(tx: Parameters<typeof confirmGone>[0], id: string): Promise<void> {
    const { engine, clock, deps } = this.#stand
    const unsure: Engine = { ...engine, confirmGone: () => Promise.resolve('unknown') }
    const word = { id, reason: 'off', isFenced: true, actor: 'key', ids: deps.ids }
    await confirmGone(tx, createEngines(new Map([['p', unsure]])), { ...word, now: clock.now() })
  }

  async endAll(): Promise<void> {
    for (const { id } of await listOpenLeases(this.#db))
      await inTransaction(this.#db, (tx) =>
        stopLease(tx, { id, organizationId: null, now: this.#stand.clock.now() }),
      )
    for (let look = 0; look < 4; look++) await this.#stand.look()
  }
}

/** GPU-time that was billed, and that was claimed for what is sold; throws where more was claimed than there was. */
async function billedAndClaimed(db: Database, { clock }: Stand) {
  const leases = await listLeases(db, { organizationId: null, limit: 1000 })
  const used = await usageOf(
    db,
    leases.map(({ id }) => id),
  )
  const billed = [...used.values()].reduce((sum, { quantity }) => sum + quantity, 0n)
  const from = new Date(Math.min(...leases.map(({ createdAt }) => createdAt.getTime())))
  const [time] = await accountPool(db, 'p', { from, to: clock.now(), count: 1 })
  const { anchor: _, ...sold } = time?.byKindMs ?? {}
  return { billed, claimed: BigInt(Object.values(sold).reduce((sum, ms) => sum + ms, 0)) }
}

function ignoreUnfunded(error: unknown): void {
  if ((error as { code?: string }).code !== 'balance.insufficient') throw error
}

test('books, holds and claims come out even, whatever happens to leases in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(EVENTS, async (events) => {
      const { db } = await cloneDatabase()
      const stand = await makeStand(db, {
        ...{ spot: terms({ compensation: CHARGE }), creditUsd: '8' },
        on_demand: terms({ noticeMs: 900_000, perMonthMax: 1 }),
      })
      try {
        const course = new Course(stand, db)
        for (const event of events) await course.happen(event)
        await course.endAll()
        expect(await listOpenLeases(db)).toEqual([])
        expect(await listOpenClaims(db)).toEqual([])
        const { checks } = await verifyBooks(db, verifyCredits)
        expect(checks.filter(({ isHeld }) => !isHeld)).toEqual([])
        const { billed, claimed } = await billedAndClaimed(db, stand)
        expect(billed).toBeLessThanOrEqual(claimed)
        const { organizationId } = await stand.ask('anchor', 1)
        expect((await getBalance(db, organizationId)).held).toBe(0n)
      } finally {
        stand.dispose()
      }
    }),
    { numRuns: 5 },
  )
}, 60_000)
