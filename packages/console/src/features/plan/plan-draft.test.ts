import type { Pool, ReclaimTerms } from '@spillway/contract'
import { expect, test } from 'vitest'
import { FormRefusal } from '../../ui/form-resolver.ts'
import { AS_BASE, EMPTY_PLAN, type PlanDraft, renderPlanCli, toScenario } from './plan-draft.ts'

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
  slotsTotal: 128,
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

const plan = (part: Partial<PlanDraft>): PlanDraft => ({ ...EMPTY_PLAN, name: 'mine', ...part })
const variant = (part: Partial<typeof AS_BASE>) => ({ ...AS_BASE, name: 'other', ...part })

test('a scenario says what was typed, and a variant only what differs', () => {
  const draft = plan({
    base: variant({ name: 'base', spotPrice: '1.40' }),
    variants: [
      variant({ meanPercent: '75', policy: 'fifo' }),
      variant({ name: 'larger', nodes: '32', reservedGpus: '16', reservedUsdPerMonth: '20000' }),
    ],
  })
  expect(toScenario(draft, POOL)).toEqual({
    name: 'mine',
    pool: 'h200',
    horizonDays: 14,
    seeds: 5,
    prices: { spotUsdPerGpuHour: '1.40' },
    variants: [
      { name: 'other', policy: 'fifo', demand: { meanShare: 0.75 } },
      {
        name: 'larger',
        nodes: { count: 32, gpusPerNode: 8 },
        reserved: [{ name: 'reserved', gpus: 16, usdPerMonth: '20000' }],
      },
    ],
  })
})

test('other GPUs per node leave the number of nodes as it is', () => {
  const draft = plan({ variants: [variant({ gpusPerNode: '4' })] })
  expect(toScenario(draft, POOL)).toMatchObject({
    variants: [{ nodes: { count: 16, gpusPerNode: 4 } }],
  })
})

test.each([
  [{ nodes: '1.5' }, 'Nodes of other: write a whole number.'],
  [{ meanPercent: '101' }, 'Owner’s mean use of other: at most 100.'],
  [{ spotLoad: 'much' }, 'Spot demand of other: write a number.'],
  [{ spotPrice: '-1' }, 'Spot price of other: write a plain amount, such as 1.40.'],
  [{ reservedGpus: '8' }, 'Reserved, $ a month of other: write a plain amount, such as 1.40.'],
])('%o is refused with its name', (part, message) => {
  const make = () => toScenario(plan({ variants: [variant(part)] }), POOL)
  expect(make).toThrow(FormRefusal)
  expect(make).toThrow(message)
})

test('the command line writes the scenario to a file and runs it', () => {
  expect(renderPlanCli('{}')).toBe(
    "cat > plan.json <<'END'\n{}\nEND\nnpx spillway simulate plan.json",
  )
})
