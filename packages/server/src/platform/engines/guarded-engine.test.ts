import { expect, test } from 'vitest'
import type { Engine } from './engine.ts'
import { EngineSilent, guardEngine } from './guarded-engine.ts'

const NEVER = new Promise<never>(() => undefined)

/** An engine of which only what is given answers. */
function engine(parts: Partial<Engine>): Engine {
  const never = () => NEVER
  return {
    ...{
      name: 'stand-in',
      inventory: never,
      admit: never,
      warn: never,
      notify: never,
      stop: never,
    },
    ...{ observe: never, confirmGone: never, list: never, foreign: never, drain: never },
    ...{
      resume: never,
      usage: never,
      forget: never,
      address: never,
      log: never,
      artifacts: never,
      discard: never,
      watch: () => () => undefined,
    },
    ...parts,
  }
}

test('an engine that hangs is an error in time, and not an answer', async () => {
  const guarded = guardEngine(engine({}), { answerWithinMs: 20, slowAfterMs: 5, hangingMax: 4 })
  await expect(guarded.list()).rejects.toBeInstanceOf(EngineSilent)
})

test('while calls hang, others are refused at once, so that one engine cannot hold up everybody', async () => {
  const limits = { answerWithinMs: 60_000, slowAfterMs: 1, hangingMax: 2 }
  const answers = { log: () => Promise.resolve(null), usage: () => Promise.resolve([]) }
  const guarded = guardEngine(engine(answers), limits)
  const hanging = [guarded.observe('a'), guarded.observe('b')]
  await expect
    .poll(() => guarded.usage(0).catch((error: unknown) => error), { timeout: 5000 })
    .toBeInstanceOf(EngineSilent)
  // What was written already can be read all the same.
  expect(await guarded.log('c')).toBeNull()
  expect(hanging).toHaveLength(2)
})

test('an answer passes through as it is, and so does a failure', async () => {
  const failure = new Error('slurmctld is away')
  const parts = {
    observe: () => Promise.resolve({ state: 'absent' } as const),
    list: () => Promise.reject(failure),
  }
  const guarded = guardEngine(engine(parts), {
    answerWithinMs: 1000,
    slowAfterMs: 100,
    hangingMax: 1,
  })
  expect(await guarded.observe('a')).toEqual({ state: 'absent' })
  await expect(guarded.list()).rejects.toBe(failure)
})
