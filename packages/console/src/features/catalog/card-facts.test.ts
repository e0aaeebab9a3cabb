import type { ModelCard } from '@spillway/contract'
import { expect, test } from 'vitest'
import { comparedIn, matches, withCompared } from './card-facts.ts'

const card = {
  ...{ model: 'llama-8b', displayName: 'Llama', description: 'Small.', publisher: 'Meta' },
  ...{ licence: null, origin: 'open_weight', aliases: ['fast'] },
  declared: { capabilities: ['tools', 'structured_output'], documentation: {} },
} as unknown as ModelCard

test('a search finds what has all its words, whatever their case and wherever they stand', () => {
  expect(matches(card, { find: 'META fast' })).toBe(true)
  expect(matches(card, { find: 'structured output' })).toBe(true)
  expect(matches(card, { find: 'meta slow' })).toBe(false)
  expect(matches(card, {})).toBe(true)
})

test('what nobody declared is not found by asking for it', () => {
  expect(matches(card, { can: 'tools' })).toBe(true)
  expect(matches(card, { can: 'reasoning' })).toBe(false)
  expect(matches(card, { origin: 'own' })).toBe(false)
})

test('models are compared once each, and at most four', () => {
  expect(withCompared('a', 'b')).toBe('a,b')
  expect(withCompared('a,b', 'a')).toBe('b')
  expect(withCompared('a', 'a')).toBeUndefined()
  expect(comparedIn('a,b,a,c,d,e')).toEqual(['a', 'b', 'c', 'd'])
})
