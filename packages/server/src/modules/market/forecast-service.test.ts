/** Tests of the hourly forecast against a real database: what it keeps, and that it changes nothing afterwards. */
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { idSource, newId } from '#kernel/ids.ts'
import { cloneDatabase, makeClock } from '../../../test/harness/index.ts'
import { readDemandSeries } from './demand-series-service.ts'
import { saveDemand } from './demand-store.ts'
import type { LimitedWork } from './ends-service.ts'
import { forecastRoutes } from './forecast-routes.ts'
import { createForecasting, HORIZONS, peakThatCame } from './forecast-service.ts'
import { listForecasts } from './forecast-store.ts'
import { quantileOf } from './forecast/distribution.ts'
import { HOUR_MS } from './forecast/series.ts'
import { foreseenPeaks, listLiveForecasts } from './foreseen-service.ts'
import { listRates } from './rate-store.ts'
import type { SoldPromise } from './surplus/promise.ts'

const { db } = await cloneDatabase()
const START_MS = Date.UTC(2030, 0, 1)
const HOURS = 16 * 24

async function declarePool(): Promise<void> {
  const site = { name: 's', region: 'r', jurisdiction: 'j', ownership: 'owned', pue: 1 }
  await db
    .insertInto('site')
    .values({ ...site, power_usd_per_kwh: '0' })
    .execute()
  const pool = { name: 'p', site_name: 's', accelerator: 'a', accelerator_kind: 'gpu' }
  const costs = { capex_usd_per_gpu: '0', residual_fraction: 0, life_years: 1 }
  const power = { power_kw_per_gpu: 0, idle_power_fraction: 0, opex_usd_per_gpu_hour: '0' }
  await db
    .insertInto('pool')
    .values({ ...pool, ...costs, ...power, engine: 'simulated', finding: 'f', reclaim: '{}' })
    .execute()
  const id = newId(
    'node',
    idSource(() => START_MS),
  )
  const node = { id, name: 'n', pool_name: 'p', slot_count: 100, state: 'ready', hardware: 'h' }
  await db
    .insertInto('node')
    .values({ ...node, active_from: new Date(START_MS) })
    .execute()
}

/** Days that look alike: busy from the eighth hour to the twentieth. */
async function tellHour(hour: number): Promise<void> {
  const at = new Date(START_MS + hour * HOUR_MS + 1)
  const isBusy = hour % 24 >= 8 && hour % 24 < 20
  const jobs = { runningJobs: 1, pendingJobs: 1 }
  await saveDemand(db, 'p', { at, runningGpus: isBusy ? 60 : 20, pendingGpus: 5, ...jobs })
}

await declarePool()
const clock = makeClock(new Date(START_MS + 30_000).toISOString())
/** What was sold, and how long the first in line has waited. */
let sold: readonly SoldPromise[] = []
let waitedMs = 0
const measures = {
  listPromises: async () => sold,
  headWaitsMs: async () => new Map([['p', waitedMs]]),
}
/** The owner's work that runs. */
let running: readonly LimitedWork[] = []
const deps = { database: db, now: clock.now, measures, listRunning: async () => running }
const step = createForecasting(deps)

function listAll() {
  return listForecasts(db, { pool: 'p', from: new Date(0), to: new Date(START_MS * 2) })
}

test('before anything is known the whole pool is kept, and nothing is promised', async () => {
  await step()
  const made = await listAll()
  expect(made.map(({ horizonHours }) => horizonHours)).toEqual([...HORIZONS])
  for (const { fallback, offered } of made) {
    expect(fallback).toBe('no_history')
    expect(offered ?? 0).toBe(0)
  }
})

test('after two weeks it has learned the day, promises what will be spare, and keeps its word', async () => {
  // given sixteen days of demand, of which the last hours are forecast one by one
  for (let hour = 0; hour < HOURS; hour++) await tellHour(hour)
  for (let hour = HOURS - 26; hour < HOURS; hour++) {
    clock.advance(START_MS + (hour + 1) * HOUR_MS + 30_000 - clock.now().getTime())
    await step()
  }
  // then the night is told from the day
  const [series] = await readDemandSeries(db, clock.now())
  expect(series?.demand.length).toBe(HOURS)
  const four = (await listAll()).filter(
    ({ horizonHours, hour }) => horizonHours === 4 && hour.getTime() >= START_MS,
  )
  const judged = four.map((made) => ({ ...made, came: peakThatCame(series, made) }))
  const passed = judged.filter(({ came }) => !Number.isNaN(came))
  expect(passed.length).toBeGreaterThan(20)
  for (const { offered, came, fallback } of passed) {
    expect(fallback).toBeNull()
    expect(offered ?? 0).toBeLessThanOrEqual(100 - came)
  }
  expect(Math.max(...passed.map(({ offered }) => offered ?? 0))).toBeGreaterThan(30)
})

test('the market hears of what is believed while it is fresh, and of nothing else', async () => {
  const heard = async (at: Date) => foreseenPeaks((await listLiveForecasts(db, at)).get('p'))
  expect((await heard(clock.now()))?.far).toBeGreaterThanOrEqual(65)
  expect(await heard(new Date(clock.now().getTime() + 4 * HOUR_MS))).toBeNull()
  // The first forecast of all fell back.
  expect(await heard(new Date(START_MS + 60_000))).toBeNull()
})

test('made again for the same hour, or after a restart, nothing that was kept changes', async () => {
  const before = await listAll()
  await step()
  await createForecasting(deps)()
  expect(await listAll()).toEqual(before)
})

async function nextDay(): Promise<void> {
  const hour = Math.ceil((clock.now().getTime() - START_MS) / HOUR_MS)
  for (let ahead = 0; ahead < 25; ahead++) await tellHour(hour + ahead)
  clock.advance(25 * HOUR_MS)
  await step()
}

test('promises that broke cut what is promised; none broken and somebody waiting give it back', async () => {
  const eta = async () => (await listRates(db, clock.now())).get('p')?.eta
  expect(await eta()).toBe(1)
  // given that of what was sold since, most was taken back too early
  const endedAt = new Date(clock.now().getTime() + 2 * HOUR_MS)
  const promise = { pool: 'p', hours: 1, beganAt: clock.now(), endedAt }
  sold = Array.from({ length: 100 }, (_, index) => ({ ...promise, isBroken: index < 50 }))
  // when
  await nextDay()
  // then
  const cut = (await eta()) ?? 1
  expect(cut).toBeLessThan(0.5)
  const offered = (await listLiveForecasts(db, clock.now())).get('p')?.[0]?.offered ?? 0
  sold = []
  await nextDay()
  expect(await eta()).toBe(cut)
  waitedMs = 2 * HOUR_MS
  await nextDay()
  expect(await eta()).toBeGreaterThan(cut)
  expect(offered).toBeGreaterThan(0)
})

async function team(name: string): Promise<string> {
  const id = newId(
    'organization',
    idSource(() => START_MS),
  )
  const organization = { id, name, kind: 'internal', created_at: new Date(START_MS) }
  await db.insertInto('organization').values(organization).execute()
  return id
}

async function work(
  organizationId: string,
  {
    slots,
    from,
    to,
  }: { readonly slots: string; readonly from: number; readonly to: number | null },
): Promise<void> {
  const { id: nodeId } = await db.selectFrom('node').select('id').executeTakeFirstOrThrow()
  const at = (hour: number) => new Date(START_MS + hour * HOUR_MS)
  await sql`INSERT INTO claim (id, node_id, slots, kind, organization_id, starts_at, ends_at)
    VALUES (${newId(
      'claim',
      idSource(() => START_MS),
    )}, ${nodeId}, ${slots}::int4multirange, 'anchor',
      ${organizationId}, ${at(from)}, ${to === null ? null : at(to)})`.execute(db)
}

test('each team on the pool is forecast by itself, beside the pool, and its forecasts are held against what came', async () => {
  const [research, vision] = [await team('Research'), await team('Vision')]
  const hour = Math.ceil((clock.now().getTime() - START_MS) / HOUR_MS)
  await work(research, { slots: '{[0,12)}', from: hour - 60, to: null })
  await work(vision, { slots: '{[20,24)}', from: hour - 60, to: hour - 30 })
  await nextDay()
  clock.advance(2 * HOUR_MS)
  await step()
  const names = async () =>
    new Map([
      [research, 'Research'],
      [vision, 'Vision'],
    ])
  const { getForecast } = forecastRoutes(names)
  const ask = (organization?: string) =>
    getForecast({
      ...{ db, params: { pool: 'p' }, now: clock.now() },
      query: { horizon: 1, organization },
    } as unknown as Parameters<typeof getForecast>[0])
  const all = await ask()
  expect(all.organization).toBeNull()
  expect(all.teams).toEqual([
    { organization: 'Research', gpus: 12 },
    { organization: 'Vision', gpus: 0 },
  ])
  const own = await ask('Research')
  expect(own.latest.map(({ horizonHours }) => horizonHours)).toEqual([...HORIZONS])
  for (const { peak, offeredGpus } of own.latest) {
    expect(peak.p10).toBeGreaterThanOrEqual(12)
    expect(offeredGpus).toBeNull()
  }
  expect(own.history.find(({ cameGpus }) => cameGpus !== null)?.cameGpus).toBe(12)
  expect(own.demand.at(-1)?.gpus).toBe(12)
  expect((await ask('Vision')).latest[0]?.peak.p50).toBeLessThan(12)
  await expect(ask('Nobody')).rejects.toThrow('no organization')
})

test('what runs is wanted in the hours to come; what its limit ends soon is not', async () => {
  const last = async () => (await listLiveForecasts(db, clock.now())).get('p')?.[2]
  const { id } = await db.selectFrom('organization').select('id').executeTakeFirstOrThrow()
  clock.advance(HOUR_MS)
  running = [{ pool: 'p', organizationId: id, gpus: 12, endsByMs: clock.now().getTime() + 60_000 }]
  await step()
  const limited = await last()
  clock.advance(24 * HOUR_MS)
  running = [{ pool: 'p', organizationId: id, gpus: 12, endsByMs: null }]
  await step()
  const open = await last()
  expect(quantileOf(limited?.peak ?? new Float64Array(), 0.9)).toBeLessThan(
    quantileOf(open?.peak ?? new Float64Array(), 0.9),
  )
})
