/** What is simulated is what runs: the controller on a real database and the simulation decide the same, second for second. */
import { expect, test } from 'vitest'
import { present } from '#kernel/assert.ts'
import { Fault } from '#kernel/fault.ts'
import { type Money, money, picos, renderMoney } from '#kernel/money.ts'
import { findPool, listNodes } from '#modules/fleet/index.ts'
import { listFacts, listOpenLeases } from '#modules/lease/index.ts'
import {
  LIVE_RULES,
  type LiveEvent,
  liveTermsOf,
  Random,
  simulateMarket,
  type Tenant,
} from '#modules/simulation/index.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { stepClearing } from './clearing-service.ts'
import { listClearings } from './clearing-store.ts'
import { makeOrderStand, type OrderStand, POOL } from './testing/stand.ts'

const BEAT_S = 10
const MINUTES = 20
const LIST_USD = { on_demand: money('2'), spot: money('1'), flex: money('0.5') }

/** Work that comes by chance, on a beat: the owner's and on demand end by themselves, spot and flex go on for ever. */
function script(seed: number): readonly Tenant[] {
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
    tenants.push({
      ...{ kind: kind ?? 'spot', pool: POOL, buyer: `b${random.below(3)}`, gpus, nodes, limit },
      submitS: beat * BEAT_S,
      durationS: isEndless ? Infinity : BEAT_S * (3 + random.below(40)),
      ...{ promisedS: 0, patienceS: Infinity },
    })
  }
  return tenants.map((tenant, id) => ({ ...tenant, id }))
}

interface Told {
  /** One line each, sorted within a beat. */
  readonly decisions: readonly string[]
  readonly windows: readonly string[]
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

function windowLine(atS: number, price: Money, reserve: Money, sold: number): string {
  return `${atS} sold ${sold} at ${renderMoney(price)}, reserve ${renderMoney(reserve)}`
}

async function simulated(stand: OrderStand, tenants: readonly Tenant[]): Promise<Told> {
  const pool = present(await findPool(stand.database, POOL), 'the pool')
  const costs = { ...pool, pue: 1, powerUsdPerKwh: money('0.1') }
  const decisions: string[] = []
  const nodeAt = (nodeId: string) => Number(nodeId.split('-').at(-1)) - 1
  const onEvent = ({ kind, atS, tenant, placements }: LiveEvent) => {
    const places = placements.map(({ nodeId, slots }) => ({ at: nodeAt(nodeId), slots }))
    if (kind === 'placed') decisions.push(line(atS, `${tenant} placed on ${where(places)}`))
    if (kind === 'noticed') decisions.push(line(atS, `${tenant} gives way`))
  }
  const { market } = simulateMarket({
    pools: [
      {
        ...{ name: POOL, sizes: [4, 4, 4, 4], policy: pool.reclaim, listUsd: LIST_USD },
        ...{ ...liveTermsOf(costs, LIST_USD.spot), history: [] },
      },
    ],
    ...{ windowS: MINUTES * 60, hourOfWeek: 0, rules: LIVE_RULES, tenants, tokens: [], onEvent },
  })
  const isWithin = (text: string) => Number(text.slice(0, 5)) < MINUTES * 60
  const prices = market.pools.get(POOL)?.prices ?? []
  return {
    decisions: decisions.filter(isWithin).sort(),
    windows: prices
      .filter(({ atS }) => atS < MINUTES * 60)
      .map(({ atS, price, reserve, gpusSold }) => windowLine(atS, price, reserve, gpusSold)),
  }
}

/** An order below the reserve is refused when it comes; in the simulation it asks again after an hour, which is later. */
function unlessLow(error: unknown): null {
  if (error instanceof Fault && error.code === 'order.limit_below_reserve') return null
  throw error
}

/** The controller, beat by beat: what is over ends, who comes comes, the market looks, a window that is over is cleared. */
async function runLive(stand: OrderStand, tenants: readonly Tenant[]) {
  const { clock, database } = stand
  const buyers = new Map<string, Awaited<ReturnType<OrderStand['buyer']>>>()
  for (const name of ['b0', 'b1', 'b2']) buyers.set(name, await stand.buyer(name, '100000'))
  const stepAll = async (times: number) => {
    for (let time = 0; time < times; time++)
      for (const { id } of await listOpenLeases(database)) await stand.stepLease(id)
  }
  const startMs = clock.now().getTime()
  const leaseOf = new Map<number, () => Promise<string | null>>()
  const come = async (tenant: Tenant) => {
    const { kind, gpus, nodes, durationS, limit, buyer } = tenant
    const of = present(buyers.get(buyer), buyer)
    const command = ['sh', '-c', Number.isFinite(durationS) ? `sleep ${durationS}` : 'run']
    const asked = { kind: kind as 'spot', gpus, nodes, command, requeue: 'on_reclaim' as const }
    if (limit === null) {
      const { id } = await stand.lease(of, asked)
      leaseOf.set(tenant.id, async () => id)
    } else {
      const made = await stand.order(of, { ...asked, limit: renderMoney(limit) }).catch(unlessLow)
      if (made) leaseOf.set(tenant.id, async () => (await stand.find(made.id)).leaseId)
    }
  }
  for (let atS = 0; atS < MINUTES * 60; atS += BEAT_S) {
    await stepAll(3)
    for (const tenant of tenants) if (tenant.submitS === atS) await come(tenant)
    await stand.cycle()
    // Who has no notice is gone within these steps, and whoever it goes for has its room.
    await stepAll(3)
    await stand.cycle()
    if (atS > 0 && atS % 60 === 0) await stepClearing(stand.deps, POOL)
    await stepAll(2)
    clock.advance(startMs + (atS + BEAT_S) * 1000 - clock.now().getTime())
  }
  return { startMs, leaseOf }
}

async function told(
  stand: OrderStand,
  { startMs, leaseOf }: Awaited<ReturnType<typeof runLive>>,
): Promise<Told> {
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
    windows: clearings
      .toSorted((a, b) => a.windowEndsAt.getTime() - b.windowEndsAt.getTime())
      .map(({ windowEndsAt, price, reserve, gpusSold }) =>
        windowLine(secondOf(windowEndsAt), price, reserve, gpusSold),
      ),
  }
}

test.each([
  [1, '{ on_demand: 1h, spot: 0s, flex: 0s }'],
  [2, '{ on_demand: 1h, spot: 30s, flex: 0s }'],
])(
  'the controller and the simulation place, take back and price alike: script %i, notice %s',
  async (seed, notice) => {
    const stand = await makeOrderStand((await cloneDatabase()).db, { notice, areIdsInOrder: true })
    try {
      const tenants = script(seed)
      const live = await told(stand, await runLive(stand, tenants))
      const virtual = await simulated(stand, tenants)
      expect(virtual.windows).toEqual(live.windows)
      expect(virtual.decisions).toEqual(live.decisions)
      // then: the script was worth the while
      expect(live.decisions.filter((each) => each.includes('gives way')).length).toBeGreaterThan(2)
      expect(live.windows.length).toBeGreaterThan(10)
    } finally {
      stand.dispose()
    }
  },
  240_000,
)
