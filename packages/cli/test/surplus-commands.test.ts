/** Forecast and surplus through the binary. */
import { expect, test } from 'vitest'
import { AT } from './documents.ts'
import { createWorkplace } from './workplace.ts'

const { run } = createWorkplace()

const forecast = {
  ...{ at: AT, horizonHours: 4, capacityGpus: 1000, fallback: null, offeredGpus: 120 },
  peak: { p10: 500, p50: 600, p75: 700, p90: 800, p95: 850, p99: 900 },
  cameGpus: null,
}

const answer = {
  organization: null,
  teams: [{ organization: 'Research', gpus: 12 }],
  ...{ pool: 'laptop', latest: [forecast], history: [], demand: [] },
  accuracy: [
    {
      ...{ horizonHours: 4, forecasts: 700, promises: 500, breaches: 12 },
      levels: [{ nominal: 0.9, actual: 0.893 }],
    },
  ],
}

test('a forecast shows its quantiles, and how many of the earlier ones held', async () => {
  const { stdout, code, stderr } = await run(['forecast', 'laptop'], {
    answers: { getForecast: () => answer },
    key: 'operator-secret',
  })
  expect(stderr).toBe('')
  expect(code).toBe(0)
  expect(stdout).toMatch(/4 +600 +800 +900 +1,000 +120 +89% +12\/500/)
})

test('a forecast that falls back says why', async () => {
  const latest = [{ ...forecast, fallback: 'little_history' as const, offeredGpus: null }]
  const { stdout } = await run(['forecast', 'laptop'], {
    answers: { getForecast: () => ({ ...answer, latest, accuracy: [] }) },
    key: 'operator-secret',
  })
  expect(stdout).toContain('little_history: less than two weeks are known')
  const { stdout: empty } = await run(['forecast', 'laptop'], {
    answers: { getForecast: () => ({ ...answer, latest: [] }) },
    key: 'operator-secret',
  })
  expect(empty).toContain('nothing is forecast yet')
})

test('the surplus shows each tier with what can be placed of it', async () => {
  const gangs = [
    { gangGpus: 1, gpus: 60 },
    { gangGpus: 8, gpus: 40 },
  ]
  const surplus = {
    ...{ pool: 'laptop', at: AT, capacityGpus: 100, anchorGpus: 20, fallback: null, eta: 0.5 },
    claims: [{ kind: null, gpus: 80 }],
    tiers: [{ tier: 'guaranteed' as const, hours: 4, gpus: 60, placeableGpus: 60, gangs }],
  }
  const { stdout, code } = await run(['surplus', 'laptop'], {
    answers: { getSurplus: () => surplus },
    key: 'operator-secret',
  })
  expect(code).toBe(0)
  expect(stdout).toMatch(/guaranteed +4 +60 +60 +60 +40/)
  expect(stdout).toContain('promises are cut to 50%')
})

test('a forecast names the teams, and shows one of them alone', async () => {
  const queries: unknown[] = []
  const key = 'operator-secret'
  const { stdout } = await run(['forecast', 'laptop'], {
    answers: { getForecast: () => answer },
    key,
  })
  expect(stdout).toContain('Research 12')
  const one = await run(['forecast', 'laptop', '--team', 'Research'], {
    key,
    answers: {
      getForecast: ({ query }) => {
        queries.push(query)
        return { ...answer, organization: 'Research' }
      },
    },
  })
  expect(queries).toMatchObject([{ organization: 'Research' }])
  expect(one.stdout).not.toContain('by team')
})
