import type { ClearingLog, PricePoint } from '@spillway/contract'
import { expect, test } from 'vitest'
import { reserveParts, toMarket } from './bid-stack.ts'
import { isEmpty, priceQuery, renderDrawnUsd, toPriceShape } from './price-shape.ts'

const POINT: PricePoint = {
  from: '2026-01-01T00:00:00.000Z',
  to: '2026-01-01T01:00:00.000Z',
  p10UsdPerGpuHour: '0.5',
  medianUsdPerGpuHour: '0.75',
  p90UsdPerGpuHour: '1.25',
  gpusOffered: 10,
  gpusSold: 4,
  clearings: 3,
}
const NONE = { p10UsdPerGpuHour: null, medianUsdPerGpuHour: null, p90UsdPerGpuHour: null }

test('an hour without a price is a gap in every line, not a zero', () => {
  const shape = toPriceShape([POINT, { ...POINT, ...NONE }], '--kind-spot')
  expect(shape.lines.map(({ id, values }) => [id, ...values])).toEqual([
    ['p90', 1.25, null],
    ['median', 0.75, null],
    ['p10', 0.5, null],
  ])
  expect(isEmpty(shape)).toBe(false)
  expect(isEmpty(toPriceShape([{ ...POINT, ...NONE }], '--kind-spot'))).toBe(true)
})

test('a month is asked for by day, anything shorter by hour', () => {
  const nowMs = Date.parse('2026-02-01T00:00:00.000Z')
  expect(priceQuery('30d', nowMs)).toEqual({ per: 'day', from: '2026-01-02T00:00:00.000Z' })
  expect(priceQuery('24h', nowMs)).toEqual({ per: 'hour', from: '2026-01-31T00:00:00.000Z' })
})

test('a drawn price keeps the digits that matter', () => {
  expect([0.1, 1.4, 0.0042].map(renderDrawnUsd)).toEqual(['$0.10', '$1.40', '$0.0042'])
})

const LOG: ClearingLog = {
  rule: {
    floorUsd: '0.1',
    ceilingUsd: '1',
    kneePpm: 500_000,
    movePpm: 200_000,
    depthMin: 3,
    mergesMax: 0,
    concentrationPpm: 500_000,
    swapsMax: 32,
  },
  utilisationPpm: 250_000,
  previousUsd: null,
  gpusMax: 16,
  isQuoted: false,
  nodes: [{ free: 4, fabric: null, count: 4 }],
  bids: [
    {
      sequence: 1,
      buyer: 1,
      gpus: 8,
      nodes: 2,
      fabric: 'any',
      limitUsd: '0.9',
      outcome: 'accepted',
    },
    {
      sequence: 2,
      buyer: 2,
      gpus: 4,
      nodes: 1,
      fabric: 'any',
      limitUsd: '0.05',
      outcome: 'below_reserve',
    },
  ],
  reserveUsd: '0.1',
  priceUsd: '0.12',
  figures: {
    gpusSold: 8,
    surplusUsd: '6.4',
    surplusBoundUsd: '6.4',
    surplusLostUsd: '0',
    paradoxicallyRejected: 0,
    paradoxicallyRejectedGpus: 0,
    rationed: 0,
    swaps: 0,
  },
}

test('a clearing is drawn as all that was for sale at the reserve, every bid, and the point at which it cleared', () => {
  expect(toMarket(LOG)).toEqual({
    supply: [{ price: 0.1, quantity: 16 }],
    demand: [
      { price: 0.9, quantity: 8 },
      { price: 0.05, quantity: 4 },
    ],
    cleared: { price: 0.12, quantity: 8 },
  })
})

test('the reserve follows from the rule: the floor up to the knee, then a line to the ceiling, near to the last price', () => {
  const parts = (utilisationPpm: number, previousUsd: string | null) =>
    reserveParts(LOG.rule, { utilisationPpm, previousUsd })
  expect(parts(500_000, null)).toEqual({ byUsePicos: 100_000_000_000n, band: null })
  expect(parts(750_000, null).byUsePicos).toBe(550_000_000_000n)
  expect(parts(1_000_000, '0.5')).toEqual({
    byUsePicos: 1_000_000_000_000n,
    band: [400_000_000_000n, 600_000_000_000n],
  })
})
