/** Fragmentation and the choice of a node, against their definitions taken word for word. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { present } from '#kernel/assert.ts'
import { Chooser } from './chooser.ts'
import { FloorPlan } from './floor-plan.ts'
import { Fragmentation } from './fragment.ts'
import { after, cardsFor, fits, isShare, type NodeState, nodeState } from './node-state.ts'
import { gpuMilliOf, type Shape, type Typical, typicalOf } from './shape.ts'

const MODELS = ['A', 'B']

const shapes = fc.record({
  cpuMilli: fc.integer({ min: 0, max: 8 }).map((cpu) => cpu * 1000),
  memoryMib: fc.integer({ min: 0, max: 4 }),
  device: fc.constantFrom([0, 0], [1, 500], [1, 300], [1, 1000], [2, 1000], [4, 1000]),
  models: fc.constantFrom<readonly string[] | null>(null, null, ['A'], ['A', 'B']),
})

const shape = shapes.map(({ device: [gpuCount = 0, gpuMilli = 0], models, ...rest }): Shape => ({
  ...{ ...rest, gpuCount, gpuMilli },
  models: models === null || gpuCount === 0 ? null : new Set(models),
}))

const state = fc
  .record({
    model: fc.constantFrom(...MODELS),
    cpuMilli: fc.integer({ min: 0, max: 16 }).map((cpu) => cpu * 1000),
    memoryMib: fc.integer({ min: 0, max: 8 }),
    cards: fc.array(fc.constantFrom(0, 200, 500, 700, 1000, 1000), { maxLength: 5 }),
  })
  .map(({ cards, ...rest }): NodeState =>
    nodeState({ ...rest, kind: rest.model, cards: cards.toSorted((a, b) => a - b) }),
  )

function naiveFragmentation(typical: readonly Typical[], node: NodeState): number {
  return typical.reduce((sum, { shape: each, share }) => {
    const runs =
      each.gpuCount > 0 &&
      node.cpuMilli >= each.cpuMilli &&
      (each.models === null || each.models.has(node.model)) &&
      node.cards.filter((left) => left >= each.gpuMilli).length >= each.gpuCount
    const idle = node.cards.filter((left) => !runs || left < each.gpuMilli)
    return sum + share * idle.reduce((total, left) => total + left, 0)
  }, 0)
}

test('fragmentation is the share of typical work times the idle devices that it cannot use', () => {
  fc.assert(
    fc.property(fc.array(shape, { minLength: 1, maxLength: 12 }), state, (list, node) => {
      const typical = typicalOf(list, 1)
      expect(new Fragmentation(typical).of(node)).toBeCloseTo(naiveFragmentation(typical, node), 6)
    }),
  )
})

test('typical shapes cover what was asked for, the most frequent first, and their shares sum to one', () => {
  fc.assert(
    fc.property(fc.array(shape, { minLength: 1, maxLength: 30 }), (list) => {
      const typical = typicalOf(list, 0.9)
      expect(typical.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9)
      const shares = typical.map(({ share }) => share)
      expect(shares).toEqual(shares.toSorted((a, b) => b - a))
    }),
  )
})

test('putting a shape somewhere takes exactly what it asks for', () => {
  fc.assert(
    fc.property(state, shape, (node, asked) => {
      fc.pre(fits(node, asked))
      for (const card of cardsFor(node, asked)) {
        const left = after(node, asked, card)
        expect(left.idleMilli).toBe(node.idleMilli - gpuMilliOf(asked))
        expect(left.cpuMilli).toBe(node.cpuMilli - asked.cpuMilli)
        expect(left.cards).toEqual(left.cards.toSorted((a, b) => a - b))
        expect(left.cards.every((card) => card >= 0)).toBe(true)
        const used = isShare(asked) ? 0 : asked.gpuCount
        expect(left.wholeCount).toBeLessThanOrEqual(node.wholeCount - used)
      }
    }),
  )
})

test('the choice with a memory is the choice of looking at every node each time', () => {
  const rate = (node: NodeState, asked: Shape) =>
    cardsFor(node, asked).map((card) => ({ score: -after(node, asked, card).idleMilli, card }))
  fc.assert(
    fc.property(
      fc.array(state, { minLength: 1, maxLength: 6 }),
      fc.array(shape, { maxLength: 20 }),
      (nodes, arrivals) => {
        const floor = new FloorPlan(nodes)
        const chooser = new Chooser(floor, rate)
        const naive = [...nodes]
        for (const asked of arrivals) {
          const offers = naive.flatMap((node, index) =>
            fits(node, asked) ? rate(node, asked).map((rating) => ({ index, ...rating })) : [],
          )
          const best = offers.reduce<(typeof offers)[number] | null>(
            (first, each) => (first && first.score >= each.score ? first : each),
            null,
          )
          const choice = chooser.choose(asked)
          expect(choice === null).toBe(best === null)
          if (!choice || !best) continue
          expect(floor.place(choice.stand, asked, choice.card)).toBe(best.index)
          naive[best.index] = after(present(naive[best.index], 'the node'), asked, choice.card)
        }
      },
    ),
  )
})
