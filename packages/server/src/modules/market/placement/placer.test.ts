import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fits, type NodeState, nodeState } from './node-state.ts'
import { Placer } from './placer.ts'
import { RestValues } from './rest-values.ts'
import { type Shape, sharesOf, typicalOf, WHOLE } from './shape.ts'

function node(model: string, gpus: number, cpus = 64): NodeState {
  return nodeState({
    ...{ model, kind: `${model}/${gpus}/${cpus}`, cpuMilli: cpus * 1000, memoryMib: 1024 },
    cards: Array.from({ length: gpus }, () => 1000),
  })
}

function work(gpuCount: number, gpuMilli: number, more: Partial<Shape> = {}): Shape {
  return { cpuMilli: 1000, memoryMib: 1, gpuCount, gpuMilli, models: null, ...more }
}

const many = (count: number, shape: Shape) => Array.from({ length: count }, () => shape)

test('work that fits somewhere is placed, and what does not fit anywhere is not', () => {
  const shape = fc.constantFrom(
    ...[work(1, 1000), work(2, 1000), work(8, 1000), work(1, 300), work(1, 810)],
    ...[work(0, 0, { cpuMilli: 9000 }), work(1, 1000, { models: new Set(['scarce']) })],
  )
  fc.assert(
    fc.property(fc.array(shape, { minLength: 1, maxLength: 60 }), (arrivals) => {
      const nodes = [node('common', 8), node('common', 8), node('scarce', 2), node('bare', 0)]
      const placer = new Placer(nodes, typicalOf(arrivals, 1))
      for (const asked of arrivals) {
        const fitsSomewhere = placer.floor.stands.some((stand) => stand && fits(stand.state, asked))
        expect(placer.place(asked) !== null).toBe(fitsSomewhere)
      }
    }),
  )
})

test('the same arrivals are placed on the same nodes', () => {
  const arrivals = [...many(20, work(1, 470)), ...many(20, work(1, 1000)), ...many(9, work(1, 320))]
  const places = () => {
    const placer = new Placer([node('a', 8), node('a', 8), node('b', 4)], typicalOf(arrivals, 1))
    return arrivals.map((asked) => placer.place(asked))
  }
  expect(places()).toEqual(places())
})

test('work that may run anywhere leaves the model alone that other work cannot do without', () => {
  const anywhere = work(1, 1000)
  const bound = work(1, 1000, { models: new Set(['scarce']) })
  const nodes = [
    ...many(4, anywhere).map(() => node('scarce', 2)),
    node('common', 8),
    node('common', 8),
  ]
  const placer = new Placer(nodes, typicalOf([...many(16, anywhere), ...many(8, bound)], 1))
  const places = many(16, anywhere).map((asked) => placer.place(asked))
  expect(places.every((place) => place === 4 || place === 5)).toBe(true)
  expect(many(8, bound).every((asked) => placer.place(asked) !== null)).toBe(true)
})

test('work that needs much CPU goes where CPU would be left over', () => {
  const light = work(4, 1000, { cpuMilli: 4000 })
  const heavy = work(0, 0, { cpuMilli: 16_000 })
  const nodes = [node('dense', 8, 8), node('dense', 8, 20), node('roomy', 2, 128)]
  const placer = new Placer(nodes, typicalOf([...many(4, light), ...many(4, heavy)], 1))
  expect(many(4, heavy).map((asked) => placer.place(asked))).toEqual([2, 2, 2, 2])
})

test('a rest of a card that no typical share fills is worth next to nothing', () => {
  const typical = typicalOf([...many(50, work(1, 810)), work(1, 160)], 1)
  const values = new RestValues(sharesOf(typical), WHOLE)
  values.count(1000, 100)
  values.begin()
  expect(values.of(100)).toBe(0)
  expect(values.of(190)).toBeLessThan(50)
  expect(values.of(820)).toBeGreaterThan(750)
})

test('prices cost nothing to ask for where there is nothing to sell', () => {
  const placer = new Placer([node('bare', 0, 4)], [])
  expect(placer.place(work(1, 1000))).toBeNull()
  expect(placer.place(work(0, 0))).toBe(0)
})
