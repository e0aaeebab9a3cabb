/** What a name stands for, by aliases, access and retirement; decided without a clock of its own. */
import { describe, expect, test } from 'vitest'
import { type Gate, mayStandIn, noticeOf, passGate, renderRetirementHeaders } from './model-gate.ts'
import type { ProjectAccess, Route } from './route.ts'
import { aRoute } from './testing/routes.ts'

const END = Date.UTC(2026, 11, 1)

function going(model: string, successor: string | null = null): Route {
  const headers = renderRetirementHeaders({
    ...{ announcedAt: new Date(END - 1000), retiresAt: new Date(END), successor },
  })
  return aRoute({ model, retirement: { atMs: END, successor, headers } })
}

function gate(routes: readonly Route[], parts: Partial<Gate> = {}): Gate {
  return {
    find: (model) => routes.find((each) => each.model === model) ?? null,
    access: undefined,
    nowMs: () => END,
    ...parts,
  }
}

const rule = (isOnly: boolean, ...models: string[]): ProjectAccess => [
  { isOnly, models: new Set(models) },
]

const codeOf = (passed: Route | { error: { code: string | null } }) =>
  'error' in passed ? passed.error.code : passed.model

describe('access', () => {
  const a = aRoute({ model: 'a' })

  test.each([
    ['only this one', rule(true, 'a'), 'a'],
    ['only others', rule(true, 'b'), 'model_not_found'],
    ['none at all', rule(true), 'model_not_found'],
    ['all but this one', rule(false, 'a'), 'model_not_found'],
    ['all but others', rule(false, 'b'), 'a'],
    [
      'two rules of which one is against it',
      [...rule(true, 'a'), ...rule(false, 'a')],
      'model_not_found',
    ],
  ])('%s', (_, access, answer) => {
    expect(codeOf(passGate(a, 'a', gate([a], { access })))).toBe(answer)
    expect(mayStandIn(a, gate([a], { access }))).toBe(answer === 'a')
  })
})

describe('retirement', () => {
  test('counts from its instant on, and then refuses the name with its successor', () => {
    const a = going('a', 'b')
    const before = gate([a], { nowMs: () => END - 1 })
    expect(codeOf(passGate(a, 'a', before))).toBe('a')
    expect(mayStandIn(a, before)).toBe(true)
    const refused = passGate(a, 'a', gate([a]))
    expect(refused).toMatchObject({
      ...{ status: 404, headers: { 'x-spillway-model-successor': 'b' } },
      error: { code: 'model_retired', message: expect.stringContaining('Ask `b`') as string },
    })
    expect(mayStandIn(a, gate([a]))).toBe(false)
  })

  test('lets another name follow the successors, as far as the project may use them', () => {
    const [a, b, c] = [going('a', 'b'), going('b', 'c'), aRoute({ model: 'c' })]
    expect(codeOf(passGate(a, 'fast', gate([a, b, c])))).toBe('c')
    const access = rule(false, 'c')
    expect(codeOf(passGate(a, 'fast', gate([a, b, c], { access })))).toBe('model_retired')
    expect(codeOf(passGate(a, 'fast', gate([a, b])))).toBe('model_retired')
  })

  test('ends though successors go round in a circle', () => {
    const [a, b] = [going('a', 'b'), going('b', 'a')]
    expect(codeOf(passGate(a, 'fast', gate([a, b])))).toBe('model_retired')
  })
})

describe('what an answer says beside itself', () => {
  test('is nothing for a model by its own name that stays', () => {
    expect(noticeOf(aRoute({ model: 'a' }), 'a')).toBeNull()
  })

  test('is the real name behind an alias, and when it goes', () => {
    expect(noticeOf(going('a', 'b'), 'fast')).toEqual({
      'x-spillway-alias': 'fast',
      'x-spillway-model': 'a',
      deprecation: `@${(END - 1000) / 1000}`,
      sunset: 'Tue, 01 Dec 2026 00:00:00 GMT',
      'x-spillway-model-retires': '2026-12-01T00:00:00.000Z',
      'x-spillway-model-successor': 'b',
    })
  })
})
