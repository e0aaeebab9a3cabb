/** What is simulated is what runs: the controller on a real database and the simulation decide the same, second for second. */
import { expect, test } from 'vitest'
import { present } from '#kernel/assert.ts'
import { Fault } from '#kernel/fault.ts'
import { type Money, money, picos, renderMoney } from '#kernel/money.ts'
import { findPool, listNodes } from '#modules/fleet/index.ts'
import { LEASE_PROGRAM, listFacts, listOpenLeases } from '#modules/lease/index.ts'
import {
  createForecasting,
  type HourlyForecast,
  listLiveForecasts,
  saveDemand,
} from '#modules/market/index.ts'
import {
  LIVE_RULES,
  type LiveCourse,
  type LiveEvent,
  liveTermsOf,
  Random,
  simulateMarket,
  type Tenant,
} from '#modules/simulation/index.ts'
import type { Database } from '#platform/db/database.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { stepClearing } from './clearing-service.ts'
import { listClearings } from './clearing-store.ts'
import { makeOrderStand, type OrderStand, POOL } from './testing/stand.ts'

const BEAT_S = 10
const MINUTES = 20
/** At one instant, until nothing more follows. */
const LOOKS = 3
/** The simulation looks on the same beat. */
const RULES = { ...LIVE_RULES, bounds: { ...LIVE_RULES.bounds, lookEveryMs: BEAT_S * 1000 } }
/** The stand begins on a Thursday, at midnight. */
const HOUR_OF_WEEK = 3 * 24
const HISTORY_HOURS = 28 * 24
const LIST_USD = { on_demand: money('2'), spot: money('1'), flex: money('0.5') }

/** What the owner had in each hour of the weeks before: days that look alike, with a little chance. */
function historyOf(seed: number): readonly number[] {
  const random = new Random(seed)
  return Array.from(
    { length: HISTORY_HOURS },
    (_, hour) => (hour % 24 >= 8 && hour % 24 < 20 ? 5 : 2) + random.below(3),
  )
}

/** Work that comes by chance, on a beat: the owner's and on demand end by themselves, spot and flex go on for ever. */
function script(seed: number, promises: readonly number[]): readonly Tenant[] {
  const random = new Random(seed)
  const tenants: Omit<Tenant, 'id'>[] = []
  for (let beat = 0; beat < (MINUTES * 60) / BEAT_S; beat++) {
    if (random.next() > 0.4) continue
    const kind = (['anchor', 'anchor', 'on_demand', 'spot', 'spot', 'spot', 'flex'] as const)[
      random.below(7)
    ]
    const [gpus, nodes] = (
      [
        [1, 1],
        [2, 1],
        [3, 1],
        [4, 1],
        [4, 2],
        [8, 2],
        [12, 3],
      ] as const
    )[random.below(7)] ?? [1, 1]
    const limit = kind === 'spot' ? picos(BigInt(1 + random.below(12)) * 100_000_000_000n) : null
    const isEndless = kind === 'spot' || kind === 'flex'
    const hours = kind === 'spot' ? (promises[random.below(promises.length)] ?? 0) : 0
    tenants.push({
      ...{ kind: kind ?? 'spot', pool: POOL, buyer: `b${random.below(3)}`, gpus, nodes, limit },
      submitS: beat * BEAT_S,
      durationS: isEndless ? Infinity : BEAT_S * (3 + random.below(40)),
      ...{ promisedS: hours * 3_600, patienceS: Infinity },
    })
  }
  return tenants.map((tenant, id) => ({ ...tenant, id }))
}

interface Told {
  /** One line each, sorted within a beat. */
  readonly decisions: readonly string[]
  readonly windows: readonly string[]
  /** Made at the start, for each horizon. */
  readonly forecasts: readonly string[]
}

function line(atS: number, what: string): string {
  return `${String(Math.floor(atS / BEAT_S) * BEAT_S).padStart(5)} ${what}`
}

function where(placements: readonly { readonly at: number; readonly slots: readonly number[] }[]) {
  return placements
    .map(({ at, slots }) => `${at}:${[...slots].sort((a, b) => a - b).join('+')}`)
    .sort()
    .join(' ')
}

interface Window {
  readonly atS: number
  /** Of the promise that is sold in it. */
  readonly hours: number
  readonly price: Money
  readonly reserve: Money
  readonly sold: number
}

function windowLines(windows: readonly Window[]): readonly string[] {
  return windows
    .toSorted((a, b) => a.atS - b.atS || a.hours - b.hours)
    .map(
      ({ atS, hours, price, reserve, sold }) =>
        `${atS} sold ${sold} for ${hours} h at ${renderMoney(price)}, reserve ${renderMoney(reserve)}`,
    )
}

interface Case {
  readonly tenants: readonly Tenant[]
  readonly history: readonly number[]
}

/** Forecasts as levels, to the last digit. */
function forecastLine(horizon: number, { peak, offered, fallback }: Forecast): string {
  const levels = [0.5, 0.9, 0.99].map((level) => LIVE_RULES.quantileOf(peak, level))
  return `${horizon} h: ${levels.join(' ')}, offered ${offered}, ${fallback ?? 'believed'}`
}

type Forecast = Pick<HourlyForecast, 'peak' | 'offered' | 'fallback'>

async function simulated(stand: OrderStand, { tenants, history }: Case): Promise<Told> {
  const pool = present(await findPool(stand.database, POOL), 'the pool')
  const costs = { ...pool, pue: 1, powerUsdPerKwh: money('0.1') }
  const decisions: string[] = []
  const nodeAt = (nodeId: string) => Number(nodeId.split('-').at(-1)) - 1
  const onEvent = ({ kind, atS, tenant, placements }: LiveEvent) => {
    const places = placements.map(({ nodeId, slots }) => ({ at: nodeAt(nodeId), slots }))
    if (kind === 'placed') decisions.push(line(atS, `${tenant} placed on ${where(places)}`))
    if (kind === 'noticed') decisions.push(line(atS, `${tenant} gives way`))
  }
  const course: LiveCourse = {
    pools: [
      {
        ...{ name: POOL, sizes: [4, 4, 4, 4], policy: pool.reclaim, listUsd: LIST_USD },
        ...{ ...liveTermsOf(costs, LIST_USD.spot), history },
      },
    ],
    ...{ windowS: MINUTES * 60, hourOfWeek: HOUR_OF_WEEK, rules: RULES, tenants },
    tokens: [],
  }
  const { market } = simulateMarket({ ...course, onEvent })
  // Nobody comes: it ends with the forecasts that it began with.
  const start = simulateMarket({ ...course, tenants: [], windowS: 60 }).market.pools.get(POOL)
  const isWithin = (text: string) => Number(text.slice(0, 5)) < MINUTES * 60
  const own = market.pools.get(POOL)
  const prices = (own?.prices ?? []).filter(({ atS }) => atS < MINUTES * 60)
  return {
    decisions: decisions.filter(isWithin).sort(),
    windows: windowLines(
      prices.map(({ gpusSold, promisedS, ...each }) => ({
        ...{ ...each, sold: gpusSold, hours: promisedS / 3_600 },
      })),
    ),
    forecasts: (start?.forecasts ?? []).map((each) => forecastLine(each.hours, each)),
  }
}

/** An order below the reserve is refused when it comes; in the simulation it asks again after an hour, which is later. */
function unlessLow(error: unknown): null {
  if (error instanceof Fault && error.code === 'order.limit_below_reserve') return null
  throw error
}

/** Grows with whatever is decided of a lease. */
async function countFacts(database: Database): Promise<number> {
  const count = database.selectFrom('lease_fact').select(({ fn }) => fn.countAll().as('facts'))
  return Number((await count.executeTakeFirstOrThrow()).facts)
}

/** What a lease waits for so much longer changes nothing at this instant. */
const SOON_MS = 2_000

/** Steps the leases that were woken, or that look again at about this instant: the others wait for their time. */
function makeStepping({ database, clock, stepLease }: OrderStand): () => Promise<void> {
  const restsUntilMs = new Map<string, number>()
  return async () => {
    const woken = await database
      .deleteFrom('strand')
      .where('program', '=', LEASE_PROGRAM)
      .returning('subject')
      .execute()
    for (const { subject } of woken) restsUntilMs.delete(subject)
    for (const { id } of await listOpenLeases(database)) {
      if ((restsUntilMs.get(id) ?? 0) > clock.now().getTime() + SOON_MS) continue
      const outcome = await stepLease(id)
      if (outcome.kind === 'wait') restsUntilMs.set(id, outcome.untilMs)
    }
  }
}

/** The controller, beat by beat: what is over ends, who comes comes, the market looks, a window that is over is cleared. */
async function runLive(stand: OrderStand, tenants: readonly Tenant[]) {
  const { clock, database } = stand
  const buyers = new Map<string, Awaited<ReturnType<OrderStand['buyer']>>>()
  for (const name of ['b0', 'b1', 'b2']) buyers.set(name, await stand.buyer(name, '100000'))
  const step = makeStepping(stand)
  const stepAll = async (times: number) => {
    for (let time = 0; time < times; time++) await step()
  }
  const startMs = clock.now().getTime()
  const leaseOf = new Map<number, () => Promise<string | null>>()
  const come = async (tenant: Tenant) => {
    const { kind, gpus, nodes, durationS, limit, buyer, promisedS } = tenant
    const promised = promisedS > 0 ? { guaranteeHours: promisedS / 3_600 } : {}
    const of = present(buyers.get(buyer), buyer)
    const command = ['sh', '-c', Number.isFinite(durationS) ? `sleep ${durationS}` : 'run']
    const asked = { kind: kind as 'spot', gpus, nodes, command, requeue: 'on_reclaim' as const }
    if (limit === null) {
      const { id } = await stand.lease(of, asked)
      leaseOf.set(tenant.id, async () => id)
    } else {
      const made = await stand
        .order(of, { ...asked, ...promised, limit: renderMoney(limit) })
        .catch(unlessLow)
      if (made) leaseOf.set(tenant.id, async () => (await stand.find(made.id)).leaseId)
    }
  }
  for (let atS = 0; atS < MINUTES * 60; atS += BEAT_S) {
    await stepAll(3)
    for (const tenant of tenants) if (tenant.submitS === atS) await come(tenant)
    // Who has no notice is gone within these steps, whoever it goes for has its room, and what the owner will want soon
    // is looked at again.
    let known = -1
    for (let look = 0; look < LOOKS && known < (await countFacts(database)); look++) {
      known = await countFacts(database)
      await stand.cycle()
      await stepAll(3)
    }
    if (atS > 0 && atS % 60 === 0) await stepClearing(stand.deps, POOL)
    await stepAll(2)
    clock.advance(startMs + (atS + BEAT_S) * 1000 - clock.now().getTime())
  }
  return { startMs, leaseOf }
}

/** The weeks before, as the engine told of them, and the forecasts that follow from them. */
async function forecastLive({ database, clock }: OrderStand, history: readonly number[]) {
  if (history.length === 0) return []
  const startMs = clock.now().getTime()
  for (const [hour, runningGpus] of history.entries()) {
    const at = new Date(startMs - (history.length - hour) * 3_600_000 + 1)
    const none = { pendingGpus: 0, runningJobs: 1, pendingJobs: 0 }
    await saveDemand(database, POOL, { at, runningGpus, ...none })
  }
  const measures = { listPromises: async () => [], headWaitsMs: async () => new Map() }
  const listRunning = async () => []
  await createForecasting({ database, now: clock.now, measures, listRunning })()
  const live = (await listLiveForecasts(database, clock.now())).get(POOL) ?? []
  return live.map((each) => forecastLine(each.horizonHours, each))
}

async function told(
  stand: OrderStand,
  { startMs, leaseOf }: Awaited<ReturnType<typeof runLive>>,
): Promise<Omit<Told, 'forecasts'>> {
  const { database } = stand
  const names = (await listNodes(database)).map(({ name }) => name).sort()
  const secondOf = (at: Date) => (at.getTime() - startMs) / 1000
  const decisions: string[] = []
  for (const [tenant, find] of leaseOf) {
    const id = await find()
    for (const { at, type, data } of id === null ? [] : await listFacts(database, id)) {
      const placements = (data['placements'] ?? []) as { node: string; slots: number[] }[]
      const places = placements.map(({ node, slots }) => ({ at: names.indexOf(node), slots }))
      if (type === 'lease.placed')
        decisions.push(line(secondOf(at), `${tenant} placed on ${where(places)}`))
      if (type === 'lease.notice_given') decisions.push(line(secondOf(at), `${tenant} gives way`))
    }
  }
  const clearings = await listClearings(database, { limit: 1000 })
  return {
    decisions: decisions.sort(),
    windows: windowLines(
      clearings.map(({ windowEndsAt, guaranteeHours, price, reserve, gpusSold }) => ({
        ...{ atS: secondOf(windowEndsAt), hours: guaranteeHours, price, reserve, sold: gpusSold },
      })),
    ),
  }
}

const PLAIN: readonly number[] = []
const PROMISED: readonly number[] = [0, 1, 1, 2, 4]

test.each([
  ['plain spot, no forecast', 1, '{ on_demand: 1h, spot: 0s, flex: 0s }', PLAIN],
  ['plain spot with a notice', 2, '{ on_demand: 1h, spot: 30s, flex: 0s }', PLAIN],
  ['promised spot by a forecast', 3, '{ on_demand: 1h, spot: 30s, flex: 0s }', PROMISED],
])(
  'the controller and the simulation forecast, place, take back and price alike: %s',
  async (_, seed, notice, promises) => {
    const stand = await makeOrderStand((await cloneDatabase()).db, { notice, areIdsInOrder: true })
    try {
      const history = promises.length > 0 ? historyOf(seed) : []
      const tenants = script(seed, promises)
      const forecasts = await forecastLive(stand, history)
      const live = await told(stand, await runLive(stand, tenants))
      const virtual = await simulated(stand, { tenants, history })
      expect(virtual.forecasts).toEqual(forecasts)
      expect(virtual.windows).toEqual(live.windows)
      expect(virtual.decisions).toEqual(live.decisions)
      // then: the script was worth the while
      expect(live.decisions.filter((each) => each.includes('gives way')).length).toBeGreaterThan(2)
      expect(live.windows.length).toBeGreaterThan(10)
      const firm = live.windows.filter((each) => / sold [1-9]\d* for [124] h/.test(each))
      if (promises.length > 0) expect(firm.length).toBeGreaterThan(1)
    } finally {
      stand.dispose()
    }
  },
  240_000,
)
