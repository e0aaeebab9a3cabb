import type { FleetMap } from '@spillway/contract'
import { expect, test } from 'vitest'
import { countMap } from './counts.ts'
import { createMatcher, matchingNodes } from './filter.ts'
import { isLeaving, kindOf, letterUse, mergeMap, nodeSentence } from './fleet-model.ts'
import { rankOrganizations, styleNode } from './slot-style.ts'

const pool = {
  ...{ name: 'h200', site: 'us-east', region: 'us-east-1', accelerator: 'H200' },
  ...{ acceleratorKind: 'gpu' as const, engine: 'slurm' },
}

function line(name: string, slots: string, owners: [number, number, number][] = []) {
  return {
    ...{ id: `nod_${name}`, name, pool: 0, rack: 'r1', fabric: null, slots, owners },
    state: 'ready' as const,
  }
}

function answer(rest: Partial<FleetMap>): FleetMap {
  return { version: 'v1', isWhole: true, pools: [pool], owners: [], nodes: [], gone: [], ...rest }
}

const acme = { leaseId: 'lse_1', lease: 'training', organization: 'acme' }
const other = { leaseId: 'lse_2', lease: 'evals', organization: 'other' }
const whole = mergeMap(
  undefined,
  answer({
    owners: [acme, other],
    nodes: [
      line('n1', 'ssS-xm--', [
        [0, 2, 0],
        [2, 1, 1],
      ]),
      line('n2', '----'),
    ],
  }),
)
const n1 = whole.nodes.get('nod_n1')

test('letters read as kinds, and capital ones as leaving', () => {
  expect(['s', 'S', '-', 'x', '?'].map(kindOf)).toEqual([
    'spot',
    'spot',
    'free',
    'faulty',
    'maintenance',
  ])
  expect(['S', 's', '-'].map(isLeaving)).toEqual([true, false, false])
  expect(letterUse('S')).toBe('draining')
})

test('a node reads as a sentence', () => {
  expect(n1 && nodeSentence(n1)).toBe(
    'Node n1, rack r1, pool h200, ready: 2 spot, 1 draining, 3 free, 1 faulty, 1 maintenance. training, evals',
  )
})

test('a difference changes the nodes that it names and leaves the layout', () => {
  const change = answer({ version: 'v2', isWhole: false, nodes: [line('n2', 'a---')] })
  const next = mergeMap(whole, change)
  expect(next.nodes.get('nod_n2')?.slots).toBe('a---')
  expect(next.nodes.get('nod_n1')).toBe(n1)
  expect([...(next.changed ?? [])]).toEqual(['nod_n2'])
  expect(next.shape).toBe(whole.shape)
  expect(whole.nodes.get('nod_n2')?.slots).toBe('----')
})

test.each([
  ['a node that left', { gone: ['nod_n2'] }],
  ['a node that came', { nodes: [line('n3', '--')] }],
  ['a node that moved', { nodes: [{ ...line('n2', '----'), rack: 'r9' }] }],
  ['a node that grew', { nodes: [line('n2', '--------')] }],
])('%s lays the map out anew', (_, rest) => {
  const next = mergeMap(whole, answer({ version: 'v2', isWhole: false, ...rest }))
  expect(next.shape).not.toBe(whole.shape)
})

test('counts add up to the slots', () => {
  const counts = countMap(whole.nodes.values())
  expect(counts).toMatchObject({ nodes: 2, slots: 12 })
  expect([...counts.byUse.values()].reduce((sum, each) => sum + each, 0)).toBe(12)
  expect(counts.byUse.get('draining')).toBe(1)
  expect(counts.byOrganization).toEqual(
    new Map([
      ['acme', 2],
      ['other', 1],
    ]),
  )
})

const find = (rest: Partial<Parameters<typeof createMatcher>[0]>) =>
  createMatcher({ words: '', kinds: [], condition: null, ...rest })

test.each([
  [{ words: 'training' }, 'xx------'],
  [{ words: 'ACME' }, 'xx------'],
  [{ words: 'lse_2' }, '--x-----'],
  [{ words: 'n1 free' }, '---x--xx'],
  [{ words: 'n2' }, '--------'],
  [{ words: '"n1 training"' }, '--------'],
  [{ words: 'n1 "training' }, 'xx------'],
  [{ kinds: ['spot', 'free'] }, 'xx-x--xx'],
  [{ condition: 'faulty' as const }, '----x---'],
  [{ condition: 'draining' as const }, '--x-----'],
  [{ words: 'acme', kinds: ['free'] }, '--------'],
])('%j finds the slots it asks for', (asked, expected) => {
  const matched = n1 ? find(asked)(n1) : null
  expect(matched?.map((is) => (is ? 'x' : '-')).join('')).toBe(expected)
})

test('without a filter all nodes match and no slot stands out', () => {
  const matcher = find({})
  expect(n1 && matcher(n1)).toBeNull()
  expect(matchingNodes(whole.nodes.values(), matcher)).toHaveLength(2)
  expect(matchingNodes(whole.nodes.values(), find({ words: 'training' }))).toEqual([n1])
})

test('broken, leaving and taken out have a pattern under every colouring', () => {
  const deps = { ranks: rankOrganizations(whole.nodes.values(), 8), rampSteps: 5 }
  if (!n1) throw new Error('the node is there')
  for (const colouring of ['kind', 'health', 'use', 'organization'] as const) {
    const patterns = styleNode(n1, colouring, deps).map(({ pattern }) => pattern)
    expect(patterns.slice(2), colouring).toEqual([
      'hatch',
      'none',
      'cross',
      'hatch',
      'none',
      'none',
    ])
  }
})

test('the largest organizations get a colour each, in order, the same each time', () => {
  expect([...rankOrganizations(whole.nodes.values(), 1)]).toEqual([['acme', 0]])
  expect([...rankOrganizations(whole.nodes.values(), 8).keys()]).toEqual(['acme', 'other'])
})
