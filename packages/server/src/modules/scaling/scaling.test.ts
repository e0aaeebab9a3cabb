/** The planner at work on a simulated pool: real book, leases, ledger and prices; load as replicas would tell it. */
import { afterEach, describe, expect, test } from 'vitest'
import { present } from '#kernel/assert.ts'
import { renderUuid, uuidBytes } from '#kernel/ids.ts'
import { money } from '#kernel/money.ts'
import { accountPool } from '#modules/book/index.ts'
import { getPriceInForce, listModels } from '#modules/catalog/index.ts'
import { findLease, listOpenLeases } from '#modules/lease/index.ts'
import { postUsage, verifyBooks } from '#modules/metering/index.ts'
import {
  declareModel,
  declareReplicaDeployments,
  listDeployments,
  listReplicas,
  type ScalingTerms,
  type ServingDeps,
  stepDeployment,
} from '#modules/serving/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { makeSimulatedPool, type SimulatedPool } from '../../../test/harness/simulated-pool.ts'
import { bidsOfReplicas } from './bids-service.ts'
import { LoadMeter } from './load-meter.ts'
import { noteHeld, stepScaling } from './service.ts'
import { findLatestLooks, listMoves } from './store.ts'

const POOL = 'p'
const SLOTS = 16
const TERMS: ScalingTerms = {
  ...{ policy: 'autoscale', replicasMin: 1, replicasMax: 3 },
  ...{ idleMs: 60_000, steadyMs: 60_000, bandPpm: 100_000 },
}

let stand: SimulatedPool | null = null

afterEach(() => stand?.dispose())

/** What the replicas have to do, all together: each says its part of it. */
interface Load {
  busy: number
  tokensPerSecond: number
  isSilent: boolean
}

async function begin(wanted: Partial<ScalingTerms> = {}) {
  const { db } = await cloneDatabase()
  const made = await makeSimulatedPool(db)
  stand = made
  const { clock, ids, context, owner } = made
  const meter = new LoadMeter()
  const load: Load = { busy: 0, tokensPerSecond: 0, isSilent: false }
  let [tokens, serve] = [0, 1]
  const serving: ServingDeps = {
    ...{ database: db, now: clock.now, ids, owner },
    locateWeights: () => ({ kind: 'ready', path: 'w', standsIn: null }),
    replicaCommand: () => Promise.resolve(['serve', 'w']),
    checkHealth: () => {
      const said = { busy: load.busy / serve, waiting: 0, places: 4, tokens }
      return Promise.resolve({ kind: 'ready', url: 'http://x', load: load.isSilent ? null : said })
    },
    onLoad: (reading) => meter.note(reading),
  }
  await inTransaction(db, async (tx) => {
    const usd = money('5')
    const prices = { inputUsdPerMillionTokens: usd, outputUsdPerMillionTokens: usd }
    const card = { publisher: '', licence: '', isToy: true, contextTokens: 9, description: '' }
    await declareModel(tx, { name: 'toy', displayName: 'toy', ...card, ...prices }, context())
    const declared = { model: 'toy', pool: POOL, terms: { ...TERMS, ...wanted }, weights: null }
    await declareReplicaDeployments(tx, [declared], context())
  })
  const id = present((await listDeployments(db))[0], 'the deployment').id
  const ready = async () => (await listReplicas(db)).filter(({ state }) => state === 'ready').length
  const scaling = { database: db, now: clock.now, ids, meter }
  return {
    ...{ db, made, load, id, owner, context },
    /** At each step the replicas are looked at, each ten seconds the planner. */
    pass: async (seconds: number, stepSeconds = 1) => {
      for (let second = stepSeconds; second <= seconds; second += stepSeconds) {
        serve = Math.max(1, await ready())
        tokens += (load.tokensPerSecond * stepSeconds) / serve
        await made.look(1000 * stepSeconds)
        await stepDeployment(serving, id)
        if (second % 10 === 0) await stepScaling(scaling, POOL)
      }
    },
    look: () => stepScaling(scaling, POOL),
    /** Tokens that were sold, as the ledger has them. */
    sell: async (quantity: bigint) => {
      const [model] = await listModels(db)
      const sku = model?.outputSku ?? ''
      const { id: priceId } = await getPriceInForce(db, sku, clock.now())
      const event = {
        ...{ id: renderUuid(uuidBytes(ids)), ...owner, resource: 'toy', holdId: null },
        ...{ from: clock.now(), to: clock.now(), lines: [{ sku, priceId, quantity }] },
      }
      await inTransaction(db, (tx) => postUsage(tx, [event], context()))
    },
    ready,
    states: async () => (await listReplicas(db)).map(({ state }) => state),
    last: async () => present((await findLatestLooks(db, [id])).get(id), 'a look'),
    moves: async () =>
      (await listMoves(db, id, 9)).map(({ from, to, why }) => `${from} to ${to}: ${why}`),
  }
}

describe('a pool that is sold out to spot', { timeout: 180_000 }, () => {
  test('gives a GPU to tokens by notice while they earn more, and gets it back', async () => {
    const { db, made, load, pass, sell, ready, moves, id, last } = await begin()
    const spots: string[] = []
    await pass(2)
    for (let count = 1; count < SLOTS; count++) spots.push((await made.ask('spot', 1)).id)
    await pass(10)
    expect(await ready()).toBe(1)
    // Demand for two replicas, and tokens that earn $1.80 per GPU-hour, against spot at $0.90.
    Object.assign(load, { busy: 7, tokensPerSecond: 100 })
    await sell(1_000_000n)
    await pass(40)
    expect(await moves()).toEqual(['1 to 2: worth_more'])
    for (let look = 0; look < 30 && (await ready()) < 2; look++) await pass(1)
    expect(await ready()).toBe(2)
    const taken = await Promise.all(spots.map((lease) => findLease(db, lease)))
    const gone = taken.filter((lease) => lease?.state === 'ended')
    expect(gone.map((lease) => lease?.endReason)).toEqual(['reclaimed'])
    const given = gone[0]?.noticeAt?.getTime() ?? 0
    expect((gone[0]?.stopAt?.getTime() ?? 0) - given).toBe(2000)
    const worths = await bidsOfReplicas(db, POOL)
    expect(worths.map(({ kind, name, gpus }) => [kind, name, gpus])).toEqual([
      ['serving', 'toy', 1],
      ['serving', 'toy', 1],
    ])
    Object.assign(load, { busy: 0, tokensPerSecond: 0 })
    await pass(400, 5)
    expect(await moves()).toEqual(['2 to 1: worth_less', '1 to 2: worth_more'])
    expect(await ready()).toBe(1)
    expect((await last()).text).toMatch(/The last replica earns/)
    const again = await made.ask('spot', 1)
    await pass(5)
    expect(await findLease(db, again.id)).toMatchObject({ state: 'running', kind: 'spot' })
    expect((await listOpenLeases(db, POOL)).length).toBe(SLOTS)
    expect((await verifyBooks(db)).checks.filter(({ isHeld }) => !isHeld)).toEqual([])
    const [split] = await accountPool(db, POOL, {
      ...{ from: new Date('2026-01-01T00:00:00.000Z'), to: made.clock.now(), count: 1 },
    })
    const claimed = Object.values(split?.byKindMs ?? {}).reduce((sum, ms) => sum + ms, 0)
    expect(claimed + (split?.freeMs ?? 0)).toBe(split?.totalMs)
    expect(id).toMatch(/^dep_/)
    const removals = db.selectFrom('event').select('data').where('type', '=', 'replica.removed')
    const told = (await removals.execute()).map(({ data }) => JSON.stringify(data))
    expect(told).toHaveLength(1)
    expect(told[0]).toContain('Has answered what was under way')
  })

  test('keeps it where the terms of those who have it say so: the replica waits for room', async () => {
    const { db, made, load, pass, sell, ready, states } = await begin()
    await pass(2)
    for (let count = 1; count < SLOTS; count++) await made.ask('on_demand', 1)
    await pass(10)
    Object.assign(load, { busy: 7, tokensPerSecond: 100 })
    await sell(1_000_000n)
    await pass(60)
    expect([await ready(), await states()]).toEqual([1, ['ready', 'starting']])
    const open = await listOpenLeases(db, POOL)
    expect(
      open.filter(({ kind, state }) => kind === 'on_demand' && state === 'running'),
    ).toHaveLength(SLOTS - 1)
  })
})

test('what does not answer is not taken for idle, and what was not measured moves nothing', async () => {
  const { made, load, pass, look, moves, ready, last } = await begin({ replicasMin: 0 })
  await pass(10)
  expect(await moves()).toEqual([])
  const { database: db, clock } = made
  await inTransaction(db, (tx) =>
    noteHeld(tx, { model: 'toy', writer: 'gateway', requests: 1 }, clock.now()),
  )
  await look()
  await pass(20)
  expect([await ready(), await moves()]).toEqual([1, ['0 to 1: asked']])
  load.isSilent = true
  await pass(200)
  expect(await moves()).toEqual(['0 to 1: asked'])
  expect(await last()).toMatchObject({ isWhole: false, idleSinceMs: null })
  load.isSilent = false
  // Nobody looked for a while: what was between is not known.
  made.clock.advance(600_000)
  await pass(50)
  expect(await moves()).toEqual(['0 to 1: asked'])
  await pass(30)
  expect(await moves()).toEqual(['1 to 0: idle', '0 to 1: asked'])
})

test('a gateway that says nothing any more holds no request', async () => {
  const { made, look, moves, pass } = await begin({ replicasMin: 0 })
  const { database } = made
  await inTransaction(database, (tx) =>
    noteHeld(tx, { model: 'toy', writer: 'dead', requests: 7 }, made.clock.now()),
  )
  made.clock.advance(60_000)
  await look()
  await pass(20)
  expect(await moves()).toEqual([])
})
