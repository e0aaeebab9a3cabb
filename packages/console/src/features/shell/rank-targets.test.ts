import { expect, test } from 'vitest'
import { rankTargets } from './rank-targets.ts'

const targets = [
  { id: '/audit', name: 'Audit log', hint: 'page' },
  { id: 'lse_7q00000000', name: 'Train the model', hint: 'running lease lse_7q…' },
  { id: '/models', name: 'Models', hint: 'page' },
]

test('a name that begins with the text comes before one that holds it', () => {
  expect(rankTargets(targets, 'mod').map((target) => target.name)).toEqual([
    'Models',
    'Train the model',
  ])
})

test('every word must be found, in the name or beside it', () => {
  expect(rankTargets(targets, 'train LSE_7').map((target) => target.name)).toEqual([
    'Train the model',
  ])
  expect(rankTargets(targets, 'train nothing')).toEqual([])
})

test('no text means everything in its own order, and no sign is a pattern', () => {
  expect(rankTargets(targets, ' ')).toEqual(targets)
  expect(rankTargets(targets, '.*(')).toEqual([])
})
