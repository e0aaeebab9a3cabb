import { sql } from 'kysely'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { listen } from '#platform/db/listen.ts'
import { cloneDatabase, makeClock, untilTrue } from '../../../test/harness/index.ts'
import { retryDelayMs, runStrands, wakeStrand } from './strand.ts'

const { db, url } = await cloneDatabase()
const log = pino({ level: 'silent' })
const far = Date.UTC(2030, 0, 1)

function run(programs: Parameters<typeof runStrands>[0]['programs'], clock = makeClock()) {
  return {
    clock,
    runner: runStrands({ database: db, programs, now: clock.now, log, concurrencyMax: 4 }),
  }
}

test('a strand that is woken while its step runs takes another step afterwards', async () => {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>()
  let steps = 0
  const { clock, runner } = run({
    twice: async () => {
      steps++
      if (steps === 1) await opened
      return { kind: 'wait', untilMs: far }
    },
  })
  await wakeStrand(db, { program: 'twice', subject: 'a' }, clock.now())
  runner.poke()
  await untilTrue(() => steps === 1)
  await wakeStrand(db, { program: 'twice', subject: 'a' }, clock.now())
  open()
  await untilTrue(() => steps === 2)
  await runner.stop()
})

test('steps of one subject never overlap, steps of different subjects do', async () => {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>()
  const running = new Map<string, number>()
  let most = 0
  const { clock, runner } = run({
    slow: async (subject) => {
      running.set(subject, (running.get(subject) ?? 0) + 1)
      most = Math.max(most, ...running.values())
      await opened
      running.set(subject, (running.get(subject) ?? 0) - 1)
      return { kind: 'done' }
    },
  })
  for (const subject of ['a', 'b']) await wakeStrand(db, { program: 'slow', subject }, clock.now())
  runner.poke()
  await untilTrue(() => running.size === 2)
  await wakeStrand(db, { program: 'slow', subject: 'a' }, clock.now())
  runner.poke()
  open()
  await runner.stop()
  expect(most).toBe(1)
})

test('a step that fails is tried again later, with its reason kept', async () => {
  let steps = 0
  const { clock, runner } = run({
    shaky: async () => {
      steps++
      if (steps === 1) throw new Error('not today')
      return { kind: 'done' }
    },
  })
  await wakeStrand(db, { program: 'shaky', subject: 'a' }, clock.now())
  runner.poke()
  const row = await untilTrue(() =>
    db
      .selectFrom('strand')
      .selectAll()
      .where('program', '=', 'shaky')
      .where('failures', '=', 1)
      .executeTakeFirst(),
  )
  expect(row.last_failure).toBe('not today')
  clock.advance(retryDelayMs(1))
  runner.poke()
  await untilTrue(() => steps === 2)
  await untilTrue(
    async () =>
      (await db.selectFrom('strand').selectAll().where('program', '=', 'shaky').execute())
        .length === 0,
  )
  await runner.stop()
})

test('a strand of a program that this runner does not have is left for one that has it', async () => {
  const first = run({ other: async () => ({ kind: 'done' }) })
  await wakeStrand(db, { program: 'later', subject: 'a' }, first.clock.now())
  await wakeStrand(db, { program: 'other', subject: 'a' }, first.clock.now())
  first.runner.poke()
  const left = () => db.selectFrom('strand').select('program').where('subject', '=', 'a').execute()
  await untilTrue(async () => !(await left()).some((row) => row.program === 'other'))
  await first.runner.stop()
  expect((await left()).map((row) => row.program)).toContain('later')
})

test('an urgent program runs though every place is taken and much is overdue', async () => {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>()
  const clock = makeClock()
  let hasRun = false
  const programs = {
    crowd: async () => {
      await opened
      return { kind: 'done' as const }
    },
    quick: async () => {
      hasRun = true
      return { kind: 'done' as const }
    },
  }
  for (let index = 0; index < 40; index++)
    await wakeStrand(db, { program: 'crowd', subject: `${index}` }, clock.now())
  clock.advance(1000)
  await wakeStrand(db, { program: 'quick', subject: 'a' }, clock.now())
  const deps = { database: db, programs, now: clock.now, log, concurrencyMax: 4 }
  const runner = runStrands({ ...deps, urgent: ['quick'] })
  await untilTrue(() => hasRun)
  open()
  await runner.stop()
})

test('beside an urgent step a few others run, and no more until it has ended', async () => {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>()
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const clock = makeClock()
  const begun: string[] = []
  const programs = {
    crowd: async (subject: string) => {
      begun.push(subject)
      await opened
      return { kind: 'done' as const }
    },
    quick: async () => {
      begun.push('quick')
      await ended
      return { kind: 'done' as const }
    },
  }
  await wakeStrand(db, { program: 'quick', subject: 'a' }, clock.now())
  for (let index = 0; index < 40; index++)
    await wakeStrand(db, { program: 'crowd', subject: `${index}` }, clock.now())
  const deps = { database: db, programs, now: clock.now, log, concurrencyMax: 16 }
  const runner = runStrands({ ...deps, urgent: ['quick'] })
  await untilTrue(() => begun.length === 5)
  runner.poke()
  end()
  await untilTrue(() => begun.length === 17)
  expect(begun[0]).toBe('quick')
  open()
  await untilTrue(() => begun.length === 41)
  await runner.stop()
})

test('the pause between tries doubles and is bounded', () => {
  expect(retryDelayMs(1)).toBe(2 * retryDelayMs(0))
  expect(retryDelayMs(100)).toBe(30_000)
})

test('many strands that may not be tried again yet hide nobody who is due', async () => {
  const failing = Array.from({ length: 40 }, (_, index) => `f${index}`)
  const failed = new Set<string>()
  let hasRun = false
  const { clock, runner } = run({
    failing: (subject) => {
      failed.add(subject)
      return Promise.reject(new Error('its engine is away'))
    },
    healthy: () => {
      hasRun = true
      return Promise.resolve({ kind: 'done' })
    },
  })
  for (const subject of failing) await wakeStrand(db, { program: 'failing', subject }, clock.now())
  runner.poke()
  await untilTrue(() => failed.size === failing.length)
  await untilTrue(async () => {
    const rows = await db
      .selectFrom('strand')
      .selectAll()
      .where('program', '=', 'failing')
      .where('failures', '>', 0)
      .execute()
    return rows.length === failing.length
  })
  // They are woken before their pause is over, as by the engine's own news.
  const early = new Date(clock.now().getTime() - 1000)
  for (const subject of failing) await wakeStrand(db, { program: 'failing', subject }, early)
  await wakeStrand(db, { program: 'healthy', subject: 'a' }, clock.now())
  runner.poke()
  await untilTrue(() => hasRun)
  await runner.stop()
})

test('a strand that is woken sooner is told of; one that its own step puts off is not', async () => {
  const told: string[] = []
  const listening = listen(url, ['spillway_strand', 'told'], {
    notified: (channel) => told.push(channel),
    connected: () => told.push('connected'),
  })
  await untilTrue(() => told.includes('connected'))
  const name = { program: 'told', subject: 'a' }
  const now = Date.UTC(2026, 0, 1)
  await wakeStrand(db, name, new Date(now + 10_000))
  await wakeStrand(db, name, new Date(now))
  await sql`UPDATE strand SET wake_at = ${new Date(far)} WHERE program = 'told'`.execute(db)
  await sql`NOTIFY told`.execute(db)
  await untilTrue(() => told.includes('told'))
  expect(told).toEqual(['connected', 'spillway_strand', 'spillway_strand', 'told'])
  await listening.close()
})
