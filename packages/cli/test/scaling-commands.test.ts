/** The scaling of a deployment through the binary. */
import type { Bid, Deployment } from '@spillway/contract'
import { expect, test } from 'vitest'
import { AT, LEASE_ID, page } from './documents.ts'
import { createWorkplace } from './workplace.ts'

const { run } = createWorkplace()

const ID = 'dep_06f3k0000000000000000000aa'

function deployment(changes: Partial<Deployment> = {}): Deployment {
  return {
    ...{ id: ID, model: 'toy', source: 'replica', pool: 'laptop', policy: 'autoscale' },
    ...{ replicasMin: 0, replicasMax: 4, idleMs: 300_000, steadyMs: 120_000, bandPercent: 10 },
    ...{
      replicasWanted: 1,
      coldStartMs: 2100,
      upstreamUrl: null,
      weights: null,
      server: null,
      replicas: [],
    },
    ...changes,
  }
}

const bid: Bid = {
  ...{ at: AT, requests: 6, tokensPerSecond: 90, demand: 1.5, replicasReady: 1 },
  ...{ bidUsd: '3.9', bidNextUsd: '1.912345678', askUsd: '0.9', askBasis: 'demand' },
  ...{ sellUsd: '0.2', sellBasis: 'reserve', replicasFrom: 1, replicasTo: 2, why: 'worth_more' },
  text: 'The next replica would earn $1.9123 per GPU-hour; it goes from 1 to 2.',
}

const key = 'operator-secret'
const answers = { listDeployments: () => page([deployment()]) }

test('bounds are sent as they are written, and only what was written', async () => {
  const bodies: unknown[] = []
  const scaleDeployment = ({ body }: { readonly body: unknown }) => {
    bodies.push(body)
    return deployment({ replicasMin: 1, replicasMax: 8 })
  }
  const given = { key, answers: { ...answers, scaleDeployment } }
  const { stdout, code } = await run(
    ['deployment', 'scale', 'toy', '--min', '1', '--max', '8', '--idle', '10m'],
    given,
  )
  await run(['deployment', 'scale', 'toy', '--fixed', '2'], given)
  await run(['deployment', 'scale', 'toy', '--steady', '90s', '--band', '5'], given)
  expect(bodies).toEqual([
    { policy: 'autoscale', replicasMin: 1, replicasMax: 8, idleMs: 600_000 },
    { policy: 'fixed', replicasMax: 2 },
    { steadyMs: 90_000, bandPercent: 5 },
  ])
  expect([stdout.trim(), code]).toEqual(['toy: 1 to 8, now 1', 0])
})

test('a fixed number and bounds exclude each other', async () => {
  const { stderr, code } = await run(['deployment', 'scale', 'toy', '--fixed', '2', '--min', '1'], {
    answers,
  })
  expect(code).not.toBe(0)
  expect(stderr).toMatch(/cannot be used with/)
})

test('bids show what replicas are worth, the price of an hour, and each move with its reason', async () => {
  const measured = {
    ...{ places: 4, tokensPerSecondBusy: 1462.4, fullEarningUsd: '4' },
    energyUsdPerGpuHour: '0.1',
  }
  const coldStarts = [{ leaseId: LEASE_ID, readyAt: AT, waitedMs: 20, loadedMs: 2100 }]
  const { stdout } = await run(['deployment', 'bids', 'toy'], {
    key,
    answers: {
      ...answers,
      listBids: () => ({
        ...{ deployment: deployment(), measured, coldStarts },
        ...{ points: [bid], moves: [bid] },
      }),
    },
  })
  expect(stdout).toMatch(/replicas +0 to 4, now 1/)
  expect(stdout).toMatch(/none after +300\.000 s without a request/)
  expect(stdout).toMatch(/cold start +2\.100 s/)
  expect(stdout).toMatch(/at work +1,462 tokens\/s, worth 4\.00 USD\/h/)
  expect(stdout).toMatch(/an hour sells +0\.90 USD \(demand\)/)
  expect(stdout).toMatch(/1 to 2 +1\.9123 +0\.90 +The next replica would earn/)
})

test('what nobody knows yet is said to be so', async () => {
  const measured = {
    ...{ places: 1, tokensPerSecondBusy: null, fullEarningUsd: null, energyUsdPerGpuHour: '0' },
  }
  const { stdout } = await run(['deployment', 'bids', 'toy'], {
    key,
    answers: {
      ...answers,
      listBids: () => ({
        deployment: deployment({ policy: 'fixed', replicasMin: 1, coldStartMs: null }),
        ...{ measured, points: [], moves: [], coldStarts: [] },
      }),
    },
  })
  expect(stdout).toMatch(/cold start +not measured yet/)
  expect(stdout).toMatch(/so +nobody has looked at it yet/)
  expect(stdout).toMatch(/no replica was started or drained yet/)
})
