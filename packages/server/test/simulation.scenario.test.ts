import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import {
  createClient,
  ProblemError,
  SIMULATION_MEASURES,
  type SimulationWithResult,
} from '@spillway/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cloneDatabase, untilTrue } from './harness/index.ts'
import { startInstallation, type TestInstallation } from './harness/installation.ts'

const { url: databaseUrl } = await cloneDatabase()

let installation: TestInstallation
const operator = () =>
  createClient({ url: installation.url, credential: installation.operatorToken })

beforeAll(async () => {
  installation = await startInstallation({ databaseUrl })
})
afterAll(() => installation.stop())

const fleet = readFileSync(join(import.meta.dirname, '../../../examples/simulated.yaml'), 'utf8')
const SCENARIO =
  'name: three days\nfleet: f.yaml\nhorizonDays: 3\nseeds: 2\nvariants: [{ name: fifo, policy: fifo }]\n'
/** Long enough to be caught at work. */
const LONG =
  'name: long\nfleet: f.yaml\nhorizonDays: 92\nseeds: 30\nnodes: { count: 2000, gpusPerNode: 8 }\n'

async function simulate(scenario: string, more: { fleet?: string; trace?: string } = { fleet }) {
  const { id } = await operator().createSimulation({ body: { scenario, ...more } })
  return id
}

function untilState(id: string, state: SimulationWithResult['state']) {
  return untilTrue(async () => {
    const found = await operator().getSimulation({ params: { id } })
    return found.state === state ? found : null
  })
}

async function problemOf(call: Promise<unknown>) {
  const error: unknown = await call.then(
    () => null,
    (cause: unknown) => cause,
  )
  return error instanceof ProblemError ? error.problem : null
}

test('a scenario is simulated in the background, and its variants stand side by side', async () => {
  const found = await untilState(await simulate(SCENARIO), 'done')
  expect(found).toMatchObject({ progress: 1, variants: ['base', 'fifo'], seeds: 2, failure: null })
  expect(found.result?.map(({ name, policy }) => [name, policy])).toEqual([
    ['base', 'spillway'],
    ['fifo', 'fifo'],
  ])
  for (const variant of found.result ?? []) {
    expect(SIMULATION_MEASURES).toEqual(expect.arrayContaining(Object.keys(variant.measures)))
    expect(variant.measures.utilisation?.within).not.toBeNull()
    expect(variant.timeline.anchorGpus).toHaveLength(variant.timeline.soldGpus.length)
  }
  const [base, fifo] = found.result ?? []
  expect(Object.keys(base?.measures ?? {})).toHaveLength(SIMULATION_MEASURES.length)
  expect(base?.markets?.[0]?.forecast.p90Gpus).toHaveLength(3 * 24)
  expect(fifo?.markets).toEqual([])
})

test('the same scenario comes to the same, run after run', async () => {
  const [first, second] = [await simulate(SCENARIO), await simulate(SCENARIO)]
  const [one, two] = [await untilState(first, 'done'), await untilState(second, 'done')]
  expect(one.result).toEqual(two.result)
})

test('without a fleet, a pool of the installation is planned with', async () => {
  const scenario = 'name: own\nhorizonDays: 2\nseeds: 1\n'
  const found = await untilState(await simulate(scenario, {}), 'done')
  expect(found.result?.[0]?.timeline.capacityGpus).toBeGreaterThan(0)
})

test('a trace takes the place of what is made up, and what was put right in it is told', async () => {
  const rows = ['anchor,a,4,1,7200,600', 'spot,b,8,2,3600,60', 'spot,b,0,1,9000,60']
  const trace = ['kind,organization,gpus,workers,submit_s,duration_s', ...rows].join('\n')
  const packed = gzipSync(trace).toString('base64')
  const scenario = 'name: traced\nfleet: f.yaml\ntrace: t.csv\nhorizonDays: 1\n'
  const found = await untilState(await simulate(scenario, { fleet, trace: packed }), 'done')
  expect(found.seeds).toBe(1)
  expect(found.notes).toContain('1 rows ask for no GPU and are left out')
  const faulty = gzipSync(trace.replace('7200', '-1')).toString('base64')
  expect(await problemOf(simulate(scenario, { fleet, trace: faulty }))).toMatchObject({
    code: 'simulation.scenario_refused',
    detail: 'trace, row 2, field submit_s: -1 is below 0',
  })
})

test.each([
  ['name: x\nhorizonDays: 0', {}, 'horizonDays'],
  ['name: x\nfleet: f.yaml', {}, 'did not come with the scenario'],
  ['name: x', { fleet }, 'names none'],
  ['name: x\nfleet: f.yaml\npool: none', { fleet }, 'no pool `none`; it has: h200'],
  ['name: x\nfleet: f.yaml', { fleet: 'sites: []' }, 'fleet'],
  ['name: x\ntrace: t.csv', { trace: 'AAAA' }, 'not gzipped text'],
])(
  'a scenario that cannot be simulated is refused, and nothing is kept: %j',
  async (scenario, more, why) => {
    const before = await operator().listSimulations()
    const problem = await problemOf(simulate(scenario, more))
    expect(problem?.code).toBe('simulation.scenario_refused')
    expect(problem?.detail).toContain(why)
    expect((await operator().listSimulations()).items).toHaveLength(before.items.length)
  },
)

test('each value that is refused is named as a field, by its path in the scenario', async () => {
  const text = 'name: x\nspot: { load: -1 }\nvariants: [{ name: a, demand: { meanShare: 2 } }]'
  const problem = await problemOf(simulate(text, {}))
  expect(problem?.fields).toEqual([
    { field: 'body.scenario.spot.load', message: 'must not be negative' },
    {
      field: 'body.scenario.variants.0.demand.meanShare',
      message: 'must be between 0 and 1',
    },
  ])
  const later = 'name: x\nvariants: [{ name: a, policy: fifo, flex: { load: 1 } }]'
  const known = await problemOf(simulate(later, {}))
  expect(known?.fields?.map(({ field }) => field)).toEqual(['body.scenario.variants.0.policy'])
})

test('one that is cancelled stops, and cannot be cancelled again; others wait their turn', async () => {
  const long = await simulate(LONG)
  const next = await simulate(SCENARIO)
  await untilState(long, 'running')
  expect((await operator().getSimulation({ params: { id: next } })).state).toBe('queued')
  // The API answers while it computes.
  expect((await operator().cancelSimulation({ params: { id: long } })).state).toBe('cancelled')
  const again = await problemOf(operator().cancelSimulation({ params: { id: long } }))
  expect(again?.code).toBe('simulation.over')
  expect((await untilState(next, 'done')).result).not.toBeNull()
})

test('more than so many do not wait at once', async () => {
  const ids: string[] = []
  const full = await untilTrue(() => problemOf(simulate(LONG).then((id) => ids.push(id))))
  expect(full.code).toBe('simulation.limit_reached')
  for (const id of ids) await operator().cancelSimulation({ params: { id } })
})

test('of one that is not there nothing is known', async () => {
  const id = 'sim_00000000000000000000000000'
  const problem = await problemOf(operator().getSimulation({ params: { id } }))
  expect(problem?.code).toBe('simulation.not_found')
})

test('a server that was killed takes up what it was simulating, and comes to the same', async () => {
  const reference = await untilState(await simulate(SCENARIO), 'done')
  const blocking = await simulate(LONG)
  const id = await simulate(SCENARIO)
  await untilState(blocking, 'running')
  await installation.kill()
  installation = await startInstallation({ databaseUrl, dataDir: installation.dataDir })
  await operator().cancelSimulation({ params: { id: blocking } })
  expect((await untilState(id, 'done')).result).toEqual(reference.result)
})
