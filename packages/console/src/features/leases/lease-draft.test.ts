import { CreateLease, type Pool, type ReclaimTerms } from '@spillway/contract'
import { describe, expect, test } from 'vitest'
import { FormRefusal } from '../../ui/form-resolver.ts'
import { renderAmount } from '../../ui/format/money.ts'
import { plural } from '../../ui/format/numbers.ts'
import { advancedWords } from './advanced-words.ts'
import { EMPTY_DRAFT, type LeaseDraft, toRequest } from './lease-draft.ts'
import { estimate, isBelowMarket, likelyPool } from './lease-estimate.ts'
import { renderCli, renderCurl } from './lease-same.ts'

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
  test('names an image, and leaves the command to it where none was typed', () => {
    const request = toRequest(draft({ image: ' ghcr.io/org/train:v3 ', command: '' }))
    expect(CreateLease.parse(request)).toMatchObject({ image: 'ghcr.io/org/train:v3', command: [] })
    expect(toRequest(draft({}))).not.toHaveProperty('image')
    const typed = draft({ image: 'ubuntu:24.04', command: '' })
    expect(renderCli(typed)).toMatch(/--image ubuntu:24.04$/)
  })

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

  test.each<[Partial<LeaseDraft>, string]>([
    [{ gpus: 'many' }, 'gpus'],
    [{ gpus: 'H100:' }, 'gpus'],
    [{ nodes: 'two' }, 'nodes'],
    [{ inputs: 'data/set.tar' }, 'inputs'],
    [{ requeue: 'on_failure', failuresMax: '' }, 'failuresMax'],
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
      "npx spillway lease create --gpus 1 --tier spot --max-price 2.50 --requeue on_reclaim --name 'my run' --env 'A=b c' -- python3 train.py",
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

test('a service is told by its mode, and a secret stands in no command line', () => {
  const service = draft({ mode: 'service', healthPath: '/up', secrets: 'TOKEN=hunter2' })
  expect(toRequest(service)).toMatchObject({
    mode: 'service',
    service: { port: 0, health: { path: '/up' } },
    secretEnvironment: { TOKEN: 'hunter2' },
  })
  const line = renderCli(service)
  expect(line).toContain('--port auto --health-path /up')
  expect(line).toContain('--secret TOKEN')
  expect(line).not.toContain('hunter2')
})

test('a terminal needs no command, and has no terms that a start again would need', () => {
  const terminal = draft({ mode: 'interactive', command: '', idleLimitHours: '0.5' })
  expect(CreateLease.parse(toRequest(terminal))).toMatchObject({
    mode: 'interactive',
    command: ['sh', '-c', expect.any(String)],
    idleLimitMs: 1_800_000,
    requeue: 'never',
  })
  expect(renderCli(terminal)).toBe('npx spillway lease shell --gpus 1 --tier spot --idle-limit 30m')
})

const GANG = draft({
  ...{ gpus: 'H200:16', nodes: '2', fabric: 'same', site: 'east' },
  inputs: 'data/set.tar=https://store.example/set.tar?a=b\n\n',
  outputs: 'model.bin=https://store.example/model.bin',
  ...{ requeue: 'on_failure', failuresMax: '5' },
})

test('a gang, its place and its files are asked for as they are typed', () => {
  expect(CreateLease.parse(toRequest(GANG))).toMatchObject({
    ...{ gpus: 16, accelerator: 'H200', nodes: 2, fabric: 'same', site: 'east' },
    inputs: [{ path: 'data/set.tar', url: 'https://store.example/set.tar?a=b' }],
    outputs: [{ path: 'model.bin', url: 'https://store.example/model.bin' }],
    ...{ requeue: 'on_failure', failuresMax: 5 },
  })
  expect(renderCli(GANG)).toBe(
    "npx spillway lease create --gpus H200:16 --nodes 2 --fabric same --site east --tier spot --requeue on_failure --failures-max 5 --input 'data/set.tar=https://store.example/set.tar?a=b' --output model.bin=https://store.example/model.bin -- python3 train.py",
  )
})

test('the line above the advanced fields says what is set in them', () => {
  expect(advancedWords(EMPTY_DRAFT)).toEqual([])
  expect(advancedWords(GANG)).toEqual([
    '2 nodes',
    'one fabric',
    'at east',
    plural(1, 'input'),
    plural(1, 'output'),
    'starts again after a reclaim or a failure',
  ])
})

test('the price is that of the pool where it will most likely run', () => {
  const full = { ...POOL, name: 'full', slotsFree: 0 }
  const other = { ...POOL, name: 'h100', accelerator: 'NVIDIA H100 80GB HBM3' }
  const pools = [full, POOL, other]
  const nameFor = (part: Partial<LeaseDraft>) => likelyPool(draft(part), pools)?.name
  expect(nameFor({})).toBe('h200')
  expect(nameFor({ gpus: '9' })).toBe('full')
  expect(nameFor({ gpus: 'H100:8' })).toBe('h100')
  expect(nameFor({ gpus: 'B200:8' })).toBeUndefined()
  expect(nameFor({ site: 'west' })).toBeUndefined()
})
