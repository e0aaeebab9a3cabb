/** The shelf with a hub and a disk in the test's hands, and time that the test moves. */
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Deployment, fixedTerms } from '#modules/serving/index.ts'
import { createWeightsShelf, type WeightsShelfDeps } from './weights-shelf.ts'

type Outcome = Awaited<ReturnType<WeightsShelfDeps['resolve']>>

const deployment: Deployment = {
  id: 'dep_1',
  model: 'large',
  source: 'replica',
  pool: 'local',
  terms: fixedTerms(1),
  replicasWanted: 1,
  weights: 'hf:owner/repository/model.gguf',
  server: null,
  allowsPrivateNetwork: false,
  upstreamUrl: null,
  upstreamModel: null,
  createdAt: new Date(0),
}

function makeShelf(first: Outcome) {
  const said: string[] = []
  const standIns: (string | null)[] = []
  const world = { outcome: first }
  const log = pino(
    { base: null, timestamp: false },
    { write: (line: string) => said.push((JSON.parse(line) as { msg: string }).msg) },
  )
  const locate = createWeightsShelf({
    log,
    resolve: async ({ weights }) =>
      weights === null ? { kind: 'found', path: '/toy.gguf' } : world.outcome,
    onStandIn: async (_, why) => void standIns.push(why),
  })
  return { said, standIns, world, locate: () => locate(deployment) }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('weights are looked for once, and found', async () => {
  const { locate, said } = makeShelf({ kind: 'found', path: '/model.gguf' })
  expect(locate()).toEqual({ kind: 'loading', text: 'Looks for its weights.' })
  await vi.advanceTimersByTimeAsync(1)
  expect(locate()).toEqual({ kind: 'ready', path: '/model.gguf', standsIn: null })
  expect(said).toEqual([])
})

test('refused ones are looked at again, told once, and taken when they are there', async () => {
  const { locate, said, world } = makeShelf({ kind: 'refused', text: 'There is no file.' })
  locate()
  await vi.advanceTimersByTimeAsync(35_000)
  expect(locate()).toEqual({ kind: 'failed', text: 'There is no file.' })
  expect(said).toEqual(['There is no file.'])
  world.outcome = { kind: 'found', path: '/model.gguf' }
  await vi.advanceTimersByTimeAsync(10_000)
  expect(locate()).toMatchObject({ kind: 'ready', path: '/model.gguf' })
  expect(said.at(-1)).toBe('its weights are there now')
})

test('a toy stands in for what a silent hub has, loudly, and gives way when the hub answers', async () => {
  const { locate, said, standIns, world } = makeShelf({ kind: 'unreachable', text: 'No hub.' })
  locate()
  await vi.advanceTimersByTimeAsync(1)
  const text =
    'A toy stands in for hf:owner/repository/model.gguf, because No hub. The hub is asked again every minute.'
  expect(locate()).toEqual({ kind: 'ready', path: '/toy.gguf', standsIn: text })
  await vi.advanceTimersByTimeAsync(120_000)
  expect(said).toEqual([text])
  expect(standIns).toEqual(['No hub.'])
  world.outcome = { kind: 'found', path: '/model.gguf' }
  await vi.advanceTimersByTimeAsync(60_000)
  expect(locate()).toEqual({ kind: 'ready', path: '/model.gguf', standsIn: null })
  expect(standIns).toEqual(['No hub.', null])
})
