/** Which quotas hold, what counts against them, and what is said of a wish that does not fit. */
import { describe, expect, test } from 'vitest'
import {
  findShortage,
  inForce,
  type Quota,
  renderShortage,
  type Standing,
  tightest,
  type Use,
  usedOf,
  withUse,
} from './quota.ts'

const AT = new Date('2026-01-01T00:00:00.000Z')

function quota(parts: Partial<Quota> & Pick<Quota, 'id' | 'gpus'>): Quota {
  const all = { projectId: null, pool: null, accelerator: null, tier: null }
  return { organizationId: 'org', ...all, setAt: AT, ...parts }
}

function use(gpus: number, parts: Partial<Use> = {}): Use {
  return { projectId: 'prj', pool: 'a', tier: 'spot', part: 'held', gpus, ...parts }
}

function standing(quotas: readonly Quota[], uses: readonly Use[] = []): Standing {
  const accelerators = new Map([
    ['a', 'NVIDIA H100 80GB HBM3'],
    ['b', 'NVIDIA A100-SXM4-80GB'],
  ])
  return { quotas, uses, accelerators }
}

const WISH = { projectId: 'prj', pool: 'a', tier: 'spot', gpus: 4 } as const

describe('which quotas hold', () => {
  const byDefault = quota({ id: 'default', organizationId: null, gpus: 8 })
  const elsewhere = quota({ id: 'pool', organizationId: null, pool: 'a', gpus: 4 })
  const own = quota({ id: 'own', gpus: 64 })

  test('a default gives way to a quota of one\u2019s own for the same, and to no other', () => {
    const held = inForce([byDefault, elsewhere, own], { organizationId: 'org', isCustomer: true })
    expect(held.map(({ id }) => id)).toEqual(['own', 'pool'])
  })

  test('defaults are for customers; what is set for somebody holds for whoever it is', () => {
    const held = inForce([byDefault, own], { organizationId: 'org', isCustomer: false })
    expect(held.map(({ id }) => id)).toEqual(['own'])
  })

  test('nobody has the quota of somebody else', () => {
    expect(inForce([own], { organizationId: 'other', isCustomer: true })).toEqual([])
  })
})

describe('what counts', () => {
  test('only what a quota is for counts against it', () => {
    const uses = [
      use(1),
      use(2, { pool: 'b' }),
      use(4, { tier: 'flex' }),
      use(8, { projectId: 'x' }),
    ]
    const of = (scope: Partial<Quota>) =>
      usedOf(quota({ id: 'q', gpus: 0, ...scope }), standing([], uses))
    expect(of({})).toBe(15)
    expect(of({ pool: 'a' })).toBe(13)
    expect(of({ accelerator: 'h100' })).toBe(13)
    expect(of({ tier: 'spot' })).toBe(11)
    expect(of({ projectId: 'prj', pool: 'a', tier: 'spot' })).toBe(1)
  })

  test('of several quotas the one with the least left decides', () => {
    const quotas = [quota({ id: 'wide', gpus: 100 }), quota({ id: 'narrow', pool: 'a', gpus: 5 })]
    expect(tightest(standing(quotas, [use(3)]), WISH)).toMatchObject({
      ...{ quota: { id: 'narrow' }, used: 3, left: 2 },
    })
    expect(tightest(standing(quotas), { ...WISH, pool: 'b' })?.quota.id).toBe('wide')
    expect(tightest(standing([]), WISH)).toBe(null)
  })

  test('a wish fits to the last GPU and not beyond, and one more use is counted', () => {
    const before = standing([quota({ id: 'q', gpus: 8 })], [use(4)])
    expect(findShortage(before, WISH)).toBe(null)
    const after = withUse(withUse(before, use(1)), use(1, { pool: 'b' }))
    expect(findShortage(after, WISH)).toMatchObject({ used: 6, left: 2 })
    expect(after.uses).toHaveLength(2)
  })

  test('open orders can be left out of account', () => {
    const uses = [use(4, { part: 'ordered' }), use(1, { part: 'waiting' }), use(1)]
    const open = standing([quota({ id: 'q', gpus: 8 })], uses)
    expect(findShortage(open, WISH)).not.toBe(null)
    expect(findShortage(open, WISH, ['held', 'waiting'])).toBe(null)
  })
})

test('a gang that is larger than its quota is told that it can never fit, another one how much is left', () => {
  const found = findShortage(standing([quota({ id: 'q', pool: 'a', gpus: 3 })], [use(1)]), WISH)
  if (found === null) throw new Error('it fits')
  expect(renderShortage(found, 4)).toBe('4 GPUs can never fit: the quota is 3 GPUs on a at once.')
  expect(renderShortage(found, 3)).toBe(
    '3 GPUs do not fit: the quota is 3 GPUs on a at once, of which 1 is taken and 2 left.',
  )
})
