import { CreateOrder, type Pool, type ReclaimTerms } from '@spillway/contract'
import { describe, expect, test } from 'vitest'
import { FormRefusal } from '../../ui/form-resolver.ts'
import { renderAmount } from '../../ui/format/money.ts'
import {
  EMPTY_ORDER,
  estimateHeld,
  hoursUntil,
  type OrderDraft,
  reserveFor,
  toOrderRequest,
} from './order-draft.ts'
import { renderOrderCli, renderOrderCurl } from './order-same.ts'

const NOW_MS = Date.parse('2026-01-01T00:00:00.000Z')
const NEVER: ReclaimTerms = {
  by: [],
  noticeMs: 0,
  minimumRunMs: 0,
  perMonthMax: null,
  compensation: { kind: 'none' },
}
const POOL: Pool = {
  name: 'h200',
  site: 'east',
  region: 'us-east-1',
  accelerator: 'H200',
  acceleratorKind: 'gpu',
  engine: 'local',
  slotsTotal: 8,
  slotsFree: 8,
  slotsPerNodeMax: 8,
  priceUsdPerGpuHour: { on_demand: '4.50', spot: '1.76', flex: '0.3' },
  noticeMs: { on_demand: 600_000, spot: 55_000, flex: 0 },
  reclaim: {
    on_demand: NEVER,
    spot: NEVER,
    flex: NEVER,
    evictionBatch: { leasesMax: null, slotsPercentMax: 100 },
    anchorHeadroom: 0,
  },
}

const draft = (part: Partial<OrderDraft>): OrderDraft => ({
  ...EMPTY_ORDER,
  command: 'python3 train.py',
  maxPrice: '1.20',
  ...part,
})

describe('the request', () => {
  test('is what the contract takes, and stands until the hours are over', () => {
    const request = toOrderRequest(draft({ gpus: '16', nodes: '2', standsHours: '1.5' }), NOW_MS)
    expect(CreateOrder.parse(request)).toMatchObject({
      tier: 'spot',
      command: ['python3', 'train.py'],
      gpus: 16,
      nodes: 2,
      maxPriceUsdPerGpuHour: '1.20',
      expiresAt: '2026-01-01T01:30:00.000Z',
    })
    expect(toOrderRequest(draft({}), NOW_MS)).not.toHaveProperty('expiresAt')
  })

  test('is refused without a limit, and with hours that are none', () => {
    expect(() => toOrderRequest(draft({ maxPrice: ' ' }), NOW_MS)).toThrow(FormRefusal)
    for (const standsHours of ['0', '-1', 'soon'])
      expect(() => toOrderRequest(draft({ standsHours }), NOW_MS)).toThrow(/hours above 0/)
  })
})

test('what is held is the first ten minutes, the notice and the grace at the limit', () => {
  const held = (part: Partial<OrderDraft>) => {
    const found = estimateHeld(draft(part), POOL)
    return found && renderAmount(found.heldPicos)
  }
  // 8 GPUs at 1.20 for 600 + 55 + 5 seconds.
  expect(held({ gpus: '8' })).toBe('1.76')
  // A time limit of six minutes is less than ten.
  expect(held({ gpus: '8', timeLimitHours: '0.1' })).toBe('1.12')
  expect(held({ gpus: 'many' })).toBeNull()
  expect(held({ maxPrice: '' })).toBeNull()
})

test('the same as CLI and curl, even while it is half written', () => {
  expect(renderOrderCli(draft({ gpus: '8', standsHours: '36' }))).toBe(
    'npx spillway order create --gpus 8 --tier spot --max-price 1.20 --stands 36h -- python3 train.py',
  )
  const at = { origin: 'http://host', nowMs: NOW_MS }
  expect(renderOrderCurl(draft({}), at)).toContain('http://host/api/v1/orders')
  expect(renderOrderCurl(draft({ maxPrice: '' }), at)).toContain(`-d '{}'`)
})

test('an hour of the calendar is hours from now, and none when it is over', () => {
  expect(hoursUntil('2026-01-02T00:30:00.000Z', NOW_MS)).toBe('24.5')
  expect(hoursUntil('2026-01-01T00:00:01.000Z', NOW_MS)).toBe('0.01')
  expect(hoursUntil('2025-12-31T23:00:00.000Z', NOW_MS)).toBe('')
  expect(hoursUntil(undefined, NOW_MS)).toBe('')
})

test('a guarantee is asked for in hours, and has a reserve of its own', () => {
  const draft = { ...EMPTY_ORDER, command: 'run', maxPrice: '1', guarantee: '2' } as const
  expect(toOrderRequest(draft, 0)).toMatchObject({ guaranteeHours: 2 })
  expect(renderOrderCli(draft)).toContain('--guarantee 2h')
  const two = { hours: 2, reserveUsdPerGpuHour: '0.23', gpusFree: 3 }
  const reserve = { reserveUsdPerGpuHour: '0.2', gpusFree: 8, guarantees: [two] }
  expect(reserveFor(draft, reserve)).toBe(two)
  expect(reserveFor(EMPTY_ORDER, reserve)).toBe(reserve)
})
