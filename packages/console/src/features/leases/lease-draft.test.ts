import { CreateLease, type Pool, type ReclaimTerms } from '@spillway/contract'
import { describe, expect, test } from 'vitest'
import { FormRefusal } from '../../ui/form-resolver.ts'
import { renderAmount } from '../../ui/format/money.ts'
import {
  EMPTY_DRAFT,
  estimate,
  isBelowMarket,
  type LeaseDraft,
  renderCli,
  renderCurl,
  toRequest,
} from './lease-draft.ts'

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
  priceUsdPerGpuHour: { on_demand: '4.50', spot: '1.76', flex: '0.333333333333' },
  noticeMs: { on_demand: 600_000, spot: 30_000, flex: 0 },
  reclaim: {
    on_demand: { ...NEVER, noticeMs: 600_000 },
    spot: { ...NEVER, by: ['anchor', 'on_demand'], noticeMs: 30_000 },
    flex: { ...NEVER, by: ['anchor', 'on_demand', 'serving', 'spot'] },
    evictionBatch: { leasesMax: null, slotsPercentMax: 100 },
    anchorHeadroom: 0,
  },
}

function draft(part: Partial<LeaseDraft>): LeaseDraft {
  return { ...EMPTY_DRAFT, command: 'python3 train.py', ...part }
}

describe('the request', () => {
  test('carries what was typed in the units of the contract, and nothing that was not', () => {
    const request = toRequest(
      draft({ gpus: '2', maxPrice: '2.50', timeLimitHours: '1.5', environment: 'A=1\nB=x=y' }),
    )
    expect(CreateLease.parse(request)).toEqual({
      ...{ artifactsBytesMax: 10 * 1024 ** 3, inputs: [], outputs: [], failuresMax: 3 },
      command: ['python3', 'train.py'],
      mode: 'job',
      fabric: 'any',
      gpus: 2,
      maxPriceUsdPerGpuHour: '2.50',
      timeLimitMs: 5_400_000,
      graceMs: 5000,
      tier: 'spot',
      noticeSignal: 'SIGTERM',
      requeue: 'never',
      environment: { A: '1', B: 'x=y' },
    })
  })

  test('of the owner’s own work has neither price nor notice', () => {
    expect(toRequest(draft({ kind: 'anchor', maxPrice: '2' }))).toEqual({
      command: ['python3', 'train.py'],
      gpus: 1,
      graceMs: 5000,
    })
  })

  test.each([
    [{ gpus: 'many' }, 'gpus'],
    [{ graceSeconds: '' }, 'graceSeconds'],
    [{ command: "echo 'open" }, 'command'],
    [{ environment: 'no sign' }, 'environment'],
  ])('cannot be made of %j, and the field %s says why', (part, field) => {
    try {
      toRequest(draft(part))
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(FormRefusal)
      expect((error as FormRefusal).field).toBe(field)
    }
  })
})

describe('the estimate', () => {
  test('is exact for the hour and for the time limit', () => {
    const found = estimate(draft({ gpus: '8', timeLimitHours: '6', maxPrice: '2' }), POOL)
    expect(found).not.toBeNull()
    expect(renderAmount(found?.hourlyPicos ?? 0n)).toBe('14.08')
    expect(renderAmount(found?.totalPicos ?? 0n)).toBe('84.48')
    expect(renderAmount(found?.totalMaxPicos ?? 0n)).toBe('96')
  })

  test('keeps prices that floats would not', () => {
    const found = estimate(draft({ kind: 'flex', gpus: '3' }), POOL)
    expect(renderAmount(found?.hourlyPicos ?? 0n)).toBe('0.999999999999')
  })

  test('says when the highest accepted price is below the market', () => {
    const found = estimate(draft({ maxPrice: '1.75' }), POOL)
    expect(found && isBelowMarket(found)).toBe(true)
  })

  test('is absent while the count makes no sense, and for the owner’s own work', () => {
    expect(estimate(draft({ gpus: '0.5' }), POOL)).toBeNull()
    expect(estimate(draft({ kind: 'anchor' }), POOL)).toBeNull()
    expect(estimate(draft({}), undefined)).toBeNull()
  })
})

describe('the same elsewhere', () => {
  test('as CLI', () => {
    const text = renderCli(
      draft({ name: 'my run', maxPrice: '2.50', requeue: 'on_reclaim', environment: 'A=b c' }),
    )
    expect(text).toBe(
      "npx spillway lease create --gpus 1 --tier spot --max-price 2.50 --name 'my run' --env 'A=b c' --requeue -- python3 train.py",
    )
    expect(renderCli(draft({ timeLimitHours: '1.5', graceSeconds: '0.25' }))).toContain(
      '--time-limit 1h30m --grace 250ms',
    )
    expect(renderCli(draft({ kind: 'anchor', gpus: '4', requeue: 'on_reclaim' }))).toBe(
      'npx spillway anchor run --gpus 4 -- python3 train.py',
    )
  })

  test('as curl, even while half written', () => {
    expect(renderCurl(draft({ kind: 'flex' }), 'http://127.0.0.1:4510')).toContain('"tier":"flex"')
    expect(renderCurl(draft({ command: "'" }), 'http://127.0.0.1:4510')).toContain("-d '{}'")
  })
})

test('a port makes a service of it, and a secret stands in no command line', () => {
  const service = draft({ port: '0', healthPath: '/up', secrets: 'TOKEN=hunter2' })
  expect(toRequest(service)).toMatchObject({
    mode: 'service',
    service: { port: 0, health: { path: '/up' } },
    secretEnvironment: { TOKEN: 'hunter2' },
  })
  const line = renderCli(service)
  expect(line).toContain('--port auto --health-path /up --secret TOKEN')
  expect(line).not.toContain('hunter2')
})
