/** What goes wrong in markets for compute: a test for each known failure, named after it. */
import { expect, test } from 'vitest'
import { parseMoney, picos, renderMoney, ZERO } from '#kernel/money.ts'
import { Batch } from '../batch.ts'
import { reclaimOrder } from '../reclaim-order.ts'
import { type Holder } from '../snapshot.ts'
import { victimsOf } from '../victims.ts'
import { clearWindow, type Window } from './auction.ts'
import type { Bid } from './bid.ts'
import { logOf, verifyClearing } from './log.ts'
import { type FreeNode, type Placer, TightPlacer } from './placer.ts'
import { depthOf, reserveAt, reserveOf } from './rule.ts'
import { bid, dollars, drawBids, nodesOf, RULE, windowOf } from './testing/market-stand.ts'
import { transferPrice, worstBurst } from './transfer.ts'

function clear(window: Window, nodes: readonly FreeNode[]) {
  return clearWindow(window, new TightPlacer(nodes))
}

/** Log prices of rounds in which bidders with fixed values meet changing supply, and how much they vary. */
function variance(movePpm: number): number {
  const nodes = nodesOf(8, 8)
  const rule = { ...RULE, movePpm, depthMin: 1 }
  const steps: number[] = []
  let previous = dollars('1')
  for (let round = 0; round < 60; round++) {
    const gpusMax = round % 2 === 0 ? 16 : 64
    const bids = drawBids(40, 7)
    const window = windowOf(bids, { rule, gpusMax, previous, utilisationPpm: 400_000 })
    const { price } = clear(window, nodes)
    steps.push(Math.log(Number(price) / Number(previous)))
    previous = price
  }
  return steps.reduce((sum, step) => sum + step ** 2, 0) / steps.length
}

test('price spikes and oscillation: the cap on movement calms prices, and holds in every round', () => {
  const [capped, free] = [variance(100_000), variance(1_000_000)]
  expect(capped).toBeLessThan(free / 2)
  expect(Math.sqrt(capped)).toBeLessThanOrEqual(-Math.log(0.9))
})

test('price spikes and oscillation: no accepted bidder pays above its limit, whatever the cap', () => {
  for (let seed = 0; seed < 40; seed++) {
    const previous = dollars(seed % 2 === 0 ? '0.30' : '3')
    const window = windowOf(drawBids(60, seed), { gpusMax: 40, previous })
    const { accepted, price, reserve } = clear(window, nodesOf(5, 8))
    expect(accepted.every(({ bid: { limit } }) => limit >= price)).toBe(true)
    expect(price >= reserve && reserve >= RULE.floor).toBe(true)
  }
})

test('seller manipulation, hidden reserve: the reserve follows from its published formula alone', () => {
  const rule = { ...RULE, floor: dollars('0.20'), ceiling: dollars('2.20'), kneePpm: 500_000 }
  const at = (utilisationPpm: number) => renderMoney(reserveAt(rule, utilisationPpm))
  expect([at(0), at(500_000), at(750_000), at(1_000_000)]).toEqual(['0.2', '0.2', '1.2', '2.2'])
})

test('seller manipulation, hidden reserve: a buyer finds any change to a logged clearing', () => {
  const nodes = nodesOf(6, 8)
  const window = windowOf(drawBids(50, 3), { gpusMax: 48 })
  const log = logOf(window, nodes, clear(window, nodes))
  expect(verifyClearing(log)).toEqual([])
  const higher = { ...log, price: picos(log.price + 1n) }
  expect(verifyClearing(higher)).toEqual([expect.stringContaining('The price')])
  const hidden = { ...log, reserve: picos(log.reserve + 1n) }
  expect(verifyClearing(hidden)).toEqual([expect.stringContaining('The reserve')])
  const favoured = log.bids.map((each, index) =>
    index === 0 ? { ...each, outcome: 'no_room' as const } : each,
  )
  const lost = log.bids[0]?.outcome === 'no_room' ? [] : [expect.stringContaining('Bid 0')]
  expect(verifyClearing({ ...log, bids: favoured })).toEqual(lost)
  const fewer = { ...log, gpusMax: 8 }
  expect(verifyClearing(fewer).length).toBeGreaterThan(0)
})

/** Revenue per hour where one buyer of 40 % of demand bids truthfully, or shades its last units. */
function revenueWith(shade: string, concentrationPpm: number) {
  const nodes = nodesOf(10, 10)
  const others = Array.from({ length: 60 }, (_, at) =>
    bid({ sequence: at, buyer: `b${at}`, limit: dollars((2 - at / 100).toFixed(2)) }),
  )
  const big = Array.from({ length: 40 }, (_, at) =>
    bid({ sequence: 100 + at, buyer: 'big', limit: dollars(at < 30 ? '2' : shade) }),
  )
  const rule = { ...RULE, concentrationPpm }
  const window = windowOf([...others, ...big], { rule, gpusMax: 90, utilisationPpm: 0 })
  const { price, figures, accepted } = clear(window, nodes)
  const bigs = accepted.filter(({ bid: { buyer } }) => buyer === 'big').length
  return { revenue: Number(price) * figures.gpusSold, price, bigs }
}

test('demand reduction by large buyers: shading pays the shader, at a loss that is reported', () => {
  const [truthful, shaded] = [revenueWith('1.95', 1_000_000), revenueWith('0.25', 1_000_000)]
  expect(shaded.price).toBeLessThan(truthful.price)
  const loss = 1 - shaded.revenue / truthful.revenue
  expect(loss).toBeGreaterThan(0)
  expect(loss).toBeLessThan(0.3)
})

test('demand reduction by large buyers: nobody gets more than its share while others want it', () => {
  expect(revenueWith('1.95', 400_000).bigs).toBe(36)
  expect(revenueWith('1.95', 200_000).bigs).toBeLessThanOrEqual(30)
  const alone = Array.from({ length: 40 }, (_, at) => bid({ sequence: at, buyer: 'big' }))
  const rule = { ...RULE, concentrationPpm: 200_000 }
  const { accepted } = clear(windowOf(alone, { rule, gpusMax: 80 }), nodesOf(10, 8))
  expect(accepted).toHaveLength(40)
})

test('exposure: gang gets 7 of 8 nodes: it gets all of them or none, and being passed over is counted', () => {
  const gang = bid({ sequence: 1, gpus: 64, nodes: 8, limit: dollars('2') })
  const single = bid({ sequence: 2, gpus: 8, limit: dollars('1') })
  const { accepted, figures } = clear(windowOf([gang, single], { gpusMax: 56 }), nodesOf(7, 8))
  expect(accepted.map(({ bid: { sequence } }) => sequence)).toEqual([2])
  expect(figures).toMatchObject({ paradoxicallyRejected: 1, paradoxicallyRejectedGpus: 64 })
  expect(figures.surplusLostUsd).toBeGreaterThan(0n)
  const whole = clear(windowOf([gang, single], { gpusMax: 64 }), nodesOf(8, 8))
  expect(
    whole.accepted.map(({ bid: { sequence }, room }) => [sequence, room.nodes.length]),
  ).toEqual([[1, 8]])
})

test('cleared but not placeable (fragmentation): the placer is asked first, and what it refuses is not sold', () => {
  // Eight slots are free, but no node has more than two of them.
  const nodes = nodesOf(4, 2)
  const whole = bid({ sequence: 1, gpus: 4, limit: dollars('3') })
  const pairs = [2, 3].map((sequence) => bid({ sequence, gpus: 2, limit: dollars('1') }))
  const { accepted, refused } = clear(windowOf([whole, ...pairs], { gpusMax: 8 }), nodes)
  expect(accepted.map(({ bid: { sequence } }) => sequence)).toEqual([2, 3])
  expect(refused).toEqual([{ bid: whole, why: 'no_room' }])
})

test('cleared but not placeable (fragmentation): none of many clearings sells a slot that is not there', () => {
  let failed = 0
  for (let seed = 0; seed < 50; seed++) {
    const nodes = nodesOf(5, 8).map(({ fabric }, at) => ({ free: (at * 5 + seed) % 9, fabric }))
    const left = nodes.map(({ free }) => free)
    const gpusMax = left.reduce((sum, free) => sum + free, 0)
    for (const { room } of clear(windowOf(drawBids(40, seed), { gpusMax }), nodes).accepted)
      for (const node of room.nodes) left[node] = (left[node] ?? 0) - room.slots
    failed += left.filter((free) => free < 0).length
  }
  expect(failed).toBe(0)
})

test('thin windows: they are put together with the next, and then quoted from the reserve', () => {
  const rule = { ...RULE, depthMin: 3, mergesMax: 1 }
  expect(depthOf(rule, { bids: 2, merged: 0 })).toBe('merge')
  expect(depthOf(rule, { bids: 2, merged: 1 })).toBe('quote')
  expect(depthOf(rule, { bids: 3, merged: 0 })).toBe('auction')
  const lone = [bid({ sequence: 1, gpus: 8, limit: dollars('3') })]
  const over = [...lone, bid({ sequence: 2, gpus: 8, limit: dollars('2') })]
  const window = windowOf(over, { rule, gpusMax: 8, isQuoted: true })
  const { price, reserve, accepted } = clear(window, nodesOf(1, 8))
  expect([price, accepted.length]).toEqual([reserve, 1])
})

test('the owner games its own forecast (over-reserves free of charge): idle reservations are charged', () => {
  const hour = 3_600_000n
  const price = dollars('1.50')
  expect(transferPrice({ reservedMs: 8n * hour, usedMs: 2n * hour }, price)).toBe(dollars('9'))
  expect(transferPrice({ reservedMs: 8n * hour, usedMs: 9n * hour }, price)).toBe(ZERO)
})

test('correlated reclaim: refunds are judged by their worst burst, not by their average', () => {
  const refunds = [0, 10, 20, 90_000].map((atMs) => ({ atMs, amount: dollars('5') }))
  expect(worstBurst(refunds, 60_000)).toBe(dollars('15'))
  expect(worstBurst(refunds, 15)).toBe(dollars('10'))
  expect(worstBurst([], 60_000)).toBe(ZERO)
})

const holder = (leaseId: string, more: Partial<Holder>): Holder => ({
  ...{ leaseId, kind: 'spot', nodeId: 'n', slots: [0], startedMs: 0, priceUsd: dollars('1') },
  ...{ isDraining: false, reclaimFor: null, ...more },
})

test('correlated reclaim: no more go at once than the eviction batch lets go', () => {
  const holders = ['a', 'b', 'c'].map((id, at) => holder(id, { slots: [at] }))
  const batch = new Batch({ leasesMax: 2, slotsMax: 8 })
  expect(batch.admit(victimsOf(holders))).toHaveLength(2)
})

test('price as eviction order: top bidder still evicted: who goes first is who loses the least paid work', () => {
  const order = reclaimOrder(
    [
      holder('dear-and-saved', { slots: [0], priceUsd: dollars('9'), checkpointMs: 99_000 }),
      holder('cheap-and-unsaved', { slots: [1], priceUsd: dollars('1') }),
      holder('dear-and-unsaved', { slots: [2], priceUsd: dollars('9') }),
    ],
    100_000,
  )
  expect(order.map(({ leaseId }) => leaseId)).toEqual([
    'dear-and-saved',
    'cheap-and-unsaved',
    'dear-and-unsaved',
  ])
})

test('the reserve moves no faster than a price may, and never below the floor', () => {
  const rule = { ...RULE, floor: dollars('0.20'), ceiling: dollars('4'), movePpm: 200_000 }
  const reserve = (utilisationPpm: number, previous: string) =>
    renderMoney(reserveOf(rule, { utilisationPpm, previous: parseMoney(previous) }))
  expect(reserve(1_000_000, '1')).toBe('1.2')
  expect(reserve(0, '1')).toBe('0.8')
  expect(reserve(0, '0.21')).toBe('0.2')
})

test('a placer of any kind is asked, and what it gives is handed on', () => {
  const asked: number[] = []
  const stubborn: Placer<string> = {
    place: ({ gpus }: Pick<Bid, 'gpus'>) => (asked.push(gpus), gpus === 2 ? 'here' : null),
    release: () => undefined,
    restore: () => undefined,
  }
  const bids = [bid({ sequence: 1, gpus: 4 }), bid({ sequence: 2, gpus: 2 })]
  const { accepted } = clearWindow(windowOf(bids, { gpusMax: 8 }), stubborn)
  expect(accepted).toEqual([{ bid: bids[1], room: 'here' }])
  expect(asked).toContain(4)
})
