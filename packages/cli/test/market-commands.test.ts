/** Orders, clearings and prices through the binary. */
import type { Order } from '@spillway/contract'
import { expect, test } from 'vitest'
import { AT, LEASE_ID, page } from './documents.ts'
import { createWorkplace } from './workplace.ts'

const { run } = createWorkplace()

const ORDER_ID = 'ord_06f3k0000000000000000000aa'
const CLEARING_ID = 'clr_06f3k0000000000000000000aa'

function order(changes: Partial<Order> = {}): Order {
  return {
    ...{ id: ORDER_ID, organization: 'demo', sequence: 7, tier: 'spot', start: 'now' },
    guaranteeHours: null,
    expectedStart: null,
    state: 'standing',
    text: 'No room for all of it at $0.5 per GPU-hour; it stands for the next window.',
    ...{ pool: 'laptop', gpus: 8, nodes: 2, fabric: 'any', name: null, command: ['run'] },
    ...{ maxPriceUsdPerGpuHour: '0.9', priceUsdPerGpuHour: null, heldUsd: '0.25' },
    ...{ leaseId: null, clearingId: null, createdAt: AT, expiresAt: AT, closedAt: null },
    ...changes,
  }
}

const rule = {
  ...{ floorUsd: '0.1', ceilingUsd: '1', kneePpm: 500_000, movePpm: 200_000, depthMin: 3 },
  ...{ mergesMax: 0, concentrationPpm: 500_000, swapsMax: 32 },
}

const clearing = {
  guaranteeHours: null,
  ...{ id: CLEARING_ID, pool: 'laptop', windowEndsAt: AT, isQuoted: false, bids: 2, accepted: 1 },
  ...{ reserveUsdPerGpuHour: '0.1', priceUsdPerGpuHour: '0.9', gpusOffered: 8, gpusSold: 8 },
}

test('an order is sent with its limit and how long it stands, and told as it stands', async () => {
  const bodies: unknown[] = []
  const { stdout, code } = await run(
    [
      ...['order', 'create', '--gpus', '8', '--nodes', '2', '--max-price', '0.90'],
      ...['--stands', '2h', '--', 'run'],
    ],
    {
      answers: {
        createOrder: ({ body }) => {
          bodies.push(body)
          return order()
        },
      },
    },
  )
  expect(bodies).toMatchObject([
    { tier: 'spot', gpus: 8, nodes: 2, maxPriceUsdPerGpuHour: '0.90', command: ['run'] },
  ])
  expect(stdout).toMatch(/state +standing/)
  expect(stdout).toMatch(/limit +0\.90 USD per GPU-hour/)
  expect(stdout).toMatch(/GPUs +8 over 2 of laptop, spot/)
  expect(code).toBe(0)
})

test('the list of orders shows the lease of a filled one and why another stands', async () => {
  const filled = order({ state: 'filled', leaseId: LEASE_ID, priceUsdPerGpuHour: '0.5' })
  const { stdout } = await run(['order', 'list', '--state', 'filled'], {
    answers: { listOrders: () => page([filled, order()]) },
  })
  expect(stdout).toMatch(new RegExp(`filled +spot +laptop .*0\\.90 +0\\.50 +${LEASE_ID}`))
  expect(stdout).toMatch(/standing .*No room for all of it/)
})

test('an order in line for room is on demand', async () => {
  const bodies: unknown[] = []
  await run(['order', 'create', '--gpus', '8', '--when-it-fits', '--', 'run'], {
    answers: {
      createOrder: ({ body }) => {
        bodies.push(body)
        return order({ tier: 'on_demand', start: 'when_it_fits' })
      },
    },
  })
  expect(bodies).toMatchObject([{ tier: 'on_demand', start: 'when_it_fits' }])
})

test('an order is cancelled by its id', async () => {
  const { stdout } = await run(['order', 'cancel', ORDER_ID], {
    answers: { cancelOrder: () => order({ state: 'cancelled', text: 'Cancelled.', heldUsd: '0' }) },
  })
  expect(stdout).toMatch(/state +cancelled/)
  expect(stdout).not.toMatch(/^held/m)
})

test('a clearing is shown with its bids and whether it computes again', async () => {
  const bid = { buyer: 1, gpus: 8, nodes: 1, fabric: 'any' as const }
  const figures = {
    ...{ gpusSold: 8, surplusUsd: '6.4', surplusBoundUsd: '6.4', surplusLostUsd: '0', swaps: 0 },
    ...{ paradoxicallyRejected: 0, paradoxicallyRejectedGpus: 0, rationed: 0 },
  }
  const log = {
    ...{ rule, utilisationPpm: 0, previousUsd: null, gpusMax: 8, isQuoted: false },
    ...{ nodes: [], reserveUsd: '0.1', priceUsd: '0.9', figures },
    bids: [
      { ...bid, sequence: 1, limitUsd: '0.9', outcome: 'accepted' as const },
      { ...bid, sequence: 2, limitUsd: '0.2', outcome: 'no_room' as const },
    ],
  }
  const answers = {
    getClearing: () => ({ ...clearing, log, differences: [] }),
    listClearings: () => page([clearing]),
  }
  const shown = await run(['clearing', 'show', CLEARING_ID], { answers })
  expect(shown.stdout).toMatch(/computed again +the same/)
  expect(shown.stdout).toMatch(/2 +1 +8 +0\.20 +no room/)
  const listed = await run(['clearing', 'list'], { answers })
  expect(listed.stdout).toMatch(new RegExp(`${CLEARING_ID} +laptop +2 +1 +8 +8 +0\\.10 +0\\.90`))
})

test('prices and the reserve are told with their rule', async () => {
  const point = {
    ...{ from: AT, to: AT, p10UsdPerGpuHour: '0.4', medianUsdPerGpuHour: '0.5' },
    ...{ p90UsdPerGpuHour: '0.6', gpusOffered: 16, gpusSold: 12, clearings: 3 },
  }
  const answers = {
    listPrices: () => ({ pool: 'laptop', tier: 'spot' as const, points: [point] }),
    getReservePrice: () => ({
      ...{ pool: 'laptop', rule, utilisationPpm: 625_000, previousUsdPerGpuHour: '0.3' },
      guarantees: [{ hours: 2, reserveUsdPerGpuHour: '0.374', gpusFree: 1 }],
      ...{ reserveUsdPerGpuHour: '0.325', gpusFree: 3, windowMs: 60_000, windowEndsAt: AT },
    }),
  }
  const history = await run(['price', 'history', 'laptop', '--per', 'day'], { answers })
  expect(history.stdout).toMatch(/0\.40 +0\.50 +0\.60 +12 +16 +3/)
  const reserve = await run(['price', 'reserve', 'laptop'], { answers })
  expect(reserve.stdout).toMatch(/reserve +0\.325 USD per GPU-hour/)
  expect(reserve.stdout).toMatch(/in use +62\.5 %/)
})

const offer = {
  ...{ pool: 'laptop', site: 'here', region: 'r', accelerator: 'H100', tier: 'spot' as const },
  expectedStart: { p50At: AT, p90At: null },
  ...{ gpus: 4, nodes: 1, startsAt: AT, priceUsdPerGpuHour: '0.9', reserveUsdPerGpuHour: '0.1' },
  ...{
    holdUsd: '0.6',
    totalUsd: '21.6',
    isAffordable: false,
    isWithinQuota: true,
    noticeMs: 10_000,
  },
  differs: ['gpus' as const],
}

test('offers say in what they differ, and why nothing is exactly what was asked', async () => {
  const asked: unknown[] = []
  const { stdout } = await run(['offer', 'list', '--gpus', 'H100:8', '--for', '6h'], {
    answers: {
      listOffers: ({ query }) => {
        asked.push(query)
        return { items: [offer], refusal: 'no_capacity' as const, text: 'Nothing is exactly so.' }
      },
    },
  })
  expect(asked).toMatchObject([{ gpus: 8, accelerator: 'H100', durationMs: 21_600_000 }])
  expect(stdout).toMatch(/0\.90 +0\.10 +21\.60 +other gpus; balance too low/)
  expect(stdout).toMatch(/no capacity: Nothing is exactly so\./)
})

test('a quote is made, listed, and named in the order that uses it', async () => {
  const id = 'quo_06f3k0000000000000000000aa'
  const quote = {
    ...{ id, state: 'open' as const, pool: 'laptop', tier: 'on_demand' as const, gpus: 2 },
    ...{ nodes: 1, fabric: 'any' as const, priceUsdPerGpuHour: '2', createdAt: AT, expiresAt: AT },
    orderId: null,
  }
  const bodies: unknown[] = []
  const answers = {
    createQuote: () => quote,
    getQuote: () => quote,
    listQuotes: () => page([quote]),
    createOrder: ({ body }: { body: unknown }) => {
      bodies.push(body)
      return order({ tier: 'on_demand', state: 'filled' })
    },
  }
  const made = await run(['quote', 'create', '--gpus', '2'], { answers })
  expect(made.stdout).toMatch(/price +2\.00 USD per GPU-hour/)
  expect((await run(['quote', 'show', id], { answers })).stdout).toMatch(/GPUs +2 of laptop/)
  expect((await run(['quote', 'list'], { answers })).stdout).toMatch(new RegExp(`${id} +open`))
  await run(['order', 'create', '--quote', id, '--gpus', '2', '--', 'run'], { answers })
  expect(bodies).toMatchObject([{ tier: 'on_demand', quote: id, gpus: 2 }])
})

test('what an hour is worth is told with everybody who wants one', async () => {
  const worth = { kind: 'serving' as const, name: 'toy', gpus: 2, isServed: true, whyNot: null }
  const { stdout } = await run(['price', 'benchmark', 'laptop'], {
    answers: {
      getBenchmarkPrice: () => ({
        ...{ pool: 'laptop', at: AT, usdPerGpuHour: '1.2', basis: 'demand' as const },
        ...{
          gpusForSale: 8,
          stack: [
            { ...worth, usdPerGpuHour: '3.4' },
            { ...worth, isServed: false, whyNot: 'below_reserve' as const, usdPerGpuHour: '0.1' },
          ],
        },
      }),
    },
  })
  expect(stdout).toMatch(/an hour is worth +1\.20 USD \(the worth of the last GPU\)/)
  expect(stdout).toMatch(/serving +toy +2 +3\.40 +within/)
  expect(stdout).toMatch(/serving +toy +2 +0\.10 +below the reserve/)
})

test('the calendar tells by the hour what is free and what gives way', async () => {
  const hour = { from: AT, to: AT, gpusTotal: 8, gpusFree: 3, gpusYielding: 2, gpusBooked: 1 }
  const { stdout } = await run(['pool', 'calendar', 'laptop', '--hours', '1'], {
    answers: { getCalendar: () => ({ pool: 'laptop', hours: [hour] }) },
  })
  expect(stdout).toMatch(/ 3 +2 +1 +8$/m)
})

test('the transfer price tells what kept capacity would have cost', async () => {
  const { stdout } = await run(['price', 'transfer', 'laptop'], {
    key: 'operator-secret',
    answers: {
      getTransferPrice: () => ({
        ...{ pool: 'laptop', from: AT, to: AT, slotsKept: 2, keptGpuMs: 172_800_000 },
        ...{ idleGpuMs: 86_400_000, usdPerGpuHour: '0.5', chargeUsd: '12' },
        posted: {
          ...{ isOn: true, usedUsd: '3', keptUsd: '12' },
          lines: [
            {
              ...{ hour: AT, organization: 'Research', kind: 'used', revision: 1 },
              ...{ gpuMs: 21_600_000, usdPerGpuHour: '0.5', amountUsd: '3' },
            },
          ],
        },
      }),
    },
  })
  expect(stdout).toMatch(/kept +2 slots, 48 GPU-h/)
  expect(stdout).toMatch(/charge +12\.00 USD/)
  expect(stdout).toMatch(/posted +3\.00 USD for use, 12\.00 USD for what was kept/)
  expect(stdout).toMatch(/Research +6 GPU-h used/)
})

test('spot with a guarantee is asked for by its hours; other lengths are refused before anything is sent', async () => {
  const bodies: unknown[] = []
  const create = ['order', 'create', '--max-price', '0.90', '--guarantee']
  const answers = {
    createOrder: ({ body }: { body?: unknown }) => {
      bodies.push(body)
      return order({ guaranteeHours: 2 })
    },
  }
  const { stdout, code } = await run([...create, '2h', '--', 'run'], { answers })
  expect(code).toBe(0)
  expect(bodies).toMatchObject([{ guaranteeHours: 2 }])
  expect(stdout).toContain('not taken back before it has run for 2 h')
  const wrong = await run([...create, '3h', '--', 'run'], { answers })
  expect(wrong.code).not.toBe(0)
  expect(wrong.stderr).toContain('1h, 2h or 4h')
})

test('an order that stands says when it is likely to be filled, or that nobody knows', async () => {
  const show = async (expectedStart: Order['expectedStart']) => {
    const answers = { getOrder: () => order({ expectedStart }) }
    return (await run(['order', 'show', ORDER_ID], { answers })).stdout
  }
  expect(await show({ p50At: AT, p90At: AT })).toMatch(/likely start +about .*, nine in ten by /)
  expect(await show({ p50At: AT, p90At: null })).toContain('how late is unknown')
  expect(await show({ p50At: null, p90At: null })).toMatch(/likely start +unknown/)
})
