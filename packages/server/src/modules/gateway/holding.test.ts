/** Requests for a model that sleeps: how long they are held, what is told of them, and that none is left behind. */
import { expect, test } from 'vitest'
import { untilTrue } from '../../../test/harness/index.ts'
import { Holding } from './holding.ts'
import type { Route } from './route.ts'
import { aRoute, aTarget } from './testing/routes.ts'

const route = (parts: Partial<Route> = {}): Route =>
  aRoute({ model: 'toy', isWakeable: true, ...parts })

const TARGET = aTarget('a')
const nobodyGone = () => undefined

/** Time passes when the test says so; what is told can be made to fail. */
function makeStand(parts: { readonly heldMax?: number } = {}) {
  const told: number[] = []
  const clocks = new Map<number, PromiseWithResolvers<void>[]>()
  const state = { found: route() as Route | null, failures: 0, isBroken: false }
  const holding = new Holding(
    {
      tell: (_, requests) => {
        if (state.isBroken) return Promise.reject(new Error('away'))
        told.push(requests)
        return Promise.resolve()
      },
      delay: (ms) => {
        const clock = Promise.withResolvers<void>()
        clocks.set(ms, [...(clocks.get(ms) ?? []), clock])
        return clock.promise
      },
      onFailure: () => void state.failures++,
      ...{ heldMs: 25_000, heldMax: 2, countedMs: 5000, ...parts },
    },
    () => state.found,
  )
  const pass = (ms: number) =>
    clocks
      .get(ms)
      ?.splice(0)
      .forEach(({ resolve }) => resolve())
  return { holding, told, state, pass }
}

test('a request goes on as soon as a server answers for its model, and not before', async () => {
  const { holding, told, state } = makeStand()
  const held = holding.hold(route(), nobodyGone)
  holding.look()
  expect(holding.size).toBe(1)
  state.found = route({ targets: [TARGET] })
  holding.look()
  expect(await held).toMatchObject({ targets: [TARGET] })
  await untilTrue(() => told.at(-1) === 0)
  expect(holding.size).toBe(0)
})

test('it is held for its time and no longer, and let go with its client', async () => {
  const { holding, pass } = makeStand()
  const slow = holding.hold(route(), nobodyGone)
  pass(25_000)
  expect(await slow).toBeNull()
  let leave = () => undefined as void
  const gone = holding.hold(route(), (listener) => void (leave = listener))
  leave()
  expect(await gone).toBeNull()
  expect(holding.size).toBe(0)
})

test('where a start takes longer than that, it is refused at once and counts as waiting for a moment', async () => {
  const { holding, told, pass } = makeStand()
  expect(await holding.hold(route({ coldStartMs: 25_001 }), nobodyGone)).toBeNull()
  expect([holding.size, told]).toEqual([0, [1]])
  pass(5000)
  await untilTrue(() => told.at(-1) === 0)
})

test('no more are held than there is room for', async () => {
  const { holding } = makeStand({ heldMax: 1 })
  void holding.hold(route(), nobodyGone)
  expect(await holding.hold(route(), nobodyGone)).toBeNull()
  expect(holding.size).toBe(1)
})

test('what could not be told is told again, and a model that is gone holds nobody', async () => {
  const { holding, told, state } = makeStand()
  state.isBroken = true
  const held = holding.hold(route(), nobodyGone)
  await untilTrue(() => state.failures === 1)
  state.isBroken = false
  holding.remind()
  await untilTrue(() => told.at(-1) === 1)
  state.found = null
  holding.look()
  expect(await held).toBeNull()
})

test('a gateway that stops holds nobody', async () => {
  const { holding } = makeStand()
  const both = [holding.hold(route(), nobodyGone), holding.hold(route(), nobodyGone)]
  holding.end()
  expect(await Promise.all(both)).toEqual([null, null])
})
