/** The auction's guarantees: who gets what, at which price, and what is wrong with a bid. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Money, picos, renderMoney } from '#kernel/money.ts'
import { clearWindow, type Window } from './auction.ts'
import { type Bid, findBidFaults } from './bid.ts'
import { logOf, runsOf, verifyClearing } from './log.ts'
import { type FreeNode, TightPlacer } from './placer.ts'
import { bid, dollars, drawBids, nodesOf, RULE, windowOf } from './testing/market-stand.ts'

function clear(window: Window, nodes: readonly FreeNode[]) {
  return clearWindow(window, new TightPlacer(nodes))
}

const sequences = (list: readonly { readonly bid: Bid }[]) => list.map((each) => each.bid.sequence)

test('everybody accepted pays the lowest accepted bid where somebody was turned away', () => {
  const bids = ['3', '2', '1', '0.50'].map((limit, sequence) =>
    bid({ sequence, limit: dollars(limit), gpus: 2 }),
  )
  const { accepted, refused, price } = clear(windowOf(bids, { gpusMax: 6 }), nodesOf(1, 6))
  expect(sequences(accepted)).toEqual([0, 1, 2])
  expect(refused.map(({ why }) => why)).toEqual(['no_room'])
  expect(renderMoney(price)).toBe('1')
})

test('where nobody is turned away for room, the price is the reserve', () => {
  const bids = ['3', '1', '0.10'].map((limit, sequence) => bid({ sequence, limit: dollars(limit) }))
  const { price, refused } = clear(windowOf(bids), nodesOf(1, 8))
  expect(renderMoney(price)).toBe('0.2')
  expect(refused).toEqual([{ bid: bids[2], why: 'below_reserve' }])
})

test('of equal bids the earlier one goes first, in whatever order they are listed', () => {
  const bids = [5, 3, 9, 1].map((sequence) => bid({ sequence, gpus: 4 }))
  const { accepted } = clear(windowOf(bids), nodesOf(1, 8))
  expect(sequences(accepted)).toEqual([1, 3])
})

test('a gang that was passed over takes the place of cheaper work that is worth less in all', () => {
  const small = bid({ sequence: 1, gpus: 1, limit: dollars('3') })
  const gang = bid({ sequence: 2, gpus: 8, limit: dollars('2') })
  const tiny = bid({ sequence: 3, gpus: 4, limit: dollars('0.30') })
  const { accepted, figures } = clear(windowOf([small, gang, tiny]), nodesOf(1, 8))
  expect(sequences(accepted)).toEqual([2])
  expect(figures).toMatchObject({ swaps: 1, gpusSold: 8, paradoxicallyRejected: 1 })
  const rule = { ...RULE, swapsMax: 0 }
  const without = clear(windowOf([small, gang, tiny], { rule }), nodesOf(1, 8))
  expect(sequences(without.accepted)).toEqual([1, 3])
  expect(without.figures.surplusUsd).toBeLessThan(figures.surplusUsd)
})

test('who made way for a gang gets what room is left after it', () => {
  const small = bid({ sequence: 1, gpus: 1, limit: dollars('3') })
  const gang = bid({ sequence: 2, gpus: 8, limit: dollars('2') })
  const nodes = [...nodesOf(1, 8), ...nodesOf(1, 1)]
  const pair = bid({ sequence: 3, gpus: 2, limit: dollars('2.5') })
  const window = windowOf([small, gang, pair], { gpusMax: 9 })
  expect(sequences(clear(window, nodes).accepted)).toEqual([1, 2])
})

test('a swap that gains nothing leaves everybody exactly where they were', () => {
  const bids = [
    bid({ sequence: 1, gpus: 6, limit: dollars('3') }),
    bid({ sequence: 2, gpus: 8, limit: dollars('2') }),
    bid({ sequence: 3, gpus: 2, limit: dollars('1.9') }),
  ]
  const { accepted, figures } = clear(windowOf(bids), nodesOf(1, 8))
  expect(sequences(accepted)).toEqual([1, 3])
  expect(figures).toMatchObject({ swaps: 0, gpusSold: 8, paradoxicallyRejected: 1 })
})

test('nodes of a gang on one fabric are on one fabric', () => {
  const nodes = [...nodesOf(1, 8, 'a'), ...nodesOf(2, 8, 'b'), ...nodesOf(3, 8)]
  const gang = bid({ sequence: 1, gpus: 16, nodes: 2, fabric: 'same' })
  const { accepted } = clear(windowOf([gang], { gpusMax: 48 }), nodes)
  expect(accepted[0]?.room.nodes.toSorted()).toEqual([1, 2])
  const wider = bid({ sequence: 1, gpus: 24, nodes: 3, fabric: 'same' })
  expect(clear(windowOf([wider], { gpusMax: 48 }), nodes).accepted).toEqual([])
})

test('without supply nothing is sold, and the price is the reserve', () => {
  const { accepted, price, reserve } = clear(windowOf([bid({ sequence: 1 })], { gpusMax: 0 }), [])
  expect([accepted, price]).toEqual([[], reserve])
})

test('each fault of a bid is named with its field', () => {
  const faults = (asked: Partial<Bid>) =>
    findBidFaults(bid({ sequence: 1, ...asked })).map(({ field }) => field)
  expect(faults({})).toEqual([])
  expect(faults({ gpus: 0 })).toEqual(['gpus'])
  expect(faults({ gpus: 1.5 })).toEqual(['gpus'])
  expect(faults({ gpus: Number.NaN })).toEqual(['gpus'])
  expect(faults({ gpus: Number.POSITIVE_INFINITY })).toEqual(['gpus'])
  expect(faults({ nodes: 0 })).toEqual(['nodes'])
  expect(faults({ gpus: 7, nodes: 2 })).toEqual(['nodes'])
  expect(faults({ limit: picos(0n) })).toEqual(['limit'])
  expect(faults({ sequence: -1 })).toEqual(['sequence'])
  expect(() => clear(windowOf([bid({ sequence: 1, gpus: 0 })]), nodesOf(1, 8))).toThrow(/faults/)
})

test('nodes that are alike and follow each other are logged together', () => {
  const nodes = [...nodesOf(3, 8, 'a'), ...nodesOf(2, 4, 'a'), ...nodesOf(1, 8, 'a')]
  expect(runsOf(nodes).map(({ count }) => count)).toEqual([3, 2, 1])
})

test('any window: limits hold, supply holds, the order decides, the bound is not passed, the log computes', () => {
  const cents = fc.integer({ min: 1, max: 500 })
  fc.assert(
    fc.property(
      fc.nat(1_000),
      fc.integer({ min: 0, max: 60 }),
      fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 8 }),
      fc.option(cents),
      fc.integer({ min: 0, max: 1_000_000 }),
      (seed, count, free, last, utilisationPpm) => {
        const nodes = free.map((each, at) => ({ free: each, fabric: at % 2 === 0 ? 'a' : null }))
        const gpusMax = free.reduce((sum, each) => sum + each, 0)
        const previous: Money | null = last === null ? null : dollars(`${last / 100}`)
        const rule = { ...RULE, movePpm: 250_000, concentrationPpm: 300_000 }
        const window = windowOf(drawBids(count, seed), { rule, gpusMax, previous, utilisationPpm })
        const clearing = clear(window, nodes)
        const { accepted, refused, price, figures } = clearing
        expect(accepted.length + refused.length).toBe(count)
        expect(accepted.every((each) => each.bid.limit >= price)).toBe(true)
        expect(figures.gpusSold).toBeLessThanOrEqual(gpusMax)
        expect(figures.surplusLostUsd).toBeGreaterThanOrEqual(0n)
        expect(verifyClearing(logOf(window, nodes, clearing))).toEqual([])
        const shuffled = { ...window, bids: window.bids.toReversed() }
        expect(sequences(clear(shuffled, nodes).accepted)).toEqual(sequences(accepted))
      },
    ),
    { numRuns: 200 },
  )
})
