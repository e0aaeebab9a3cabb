import { expect, test } from 'vitest'
import { allowsModel, findOutside, type KeyBounds } from './key-bounds.ts'

const NOW = new Date('2026-01-01T00:00:00.000Z')
const NONE: KeyBounds = { scopes: null, models: null, networks: null, expiresAt: null }
const use = { permission: 'model.infer', address: '10.0.0.1', now: NOW } as const

test('without bounds nothing is outside', () => {
  expect(findOutside(NONE, use)).toBe(null)
  expect(allowsModel(NONE, 'any')).toBe(true)
  expect(allowsModel(undefined, 'any')).toBe(true)
})

test('a key ends at its instant, not after it', () => {
  const at = (ms: number) => ({ ...NONE, expiresAt: new Date(NOW.getTime() + ms) })
  expect(findOutside(at(1), use)).toBe(null)
  expect(findOutside(at(0), use)).toEqual({ kind: 'expired' })
})

test('a key is good only from its networks', () => {
  expect(findOutside({ ...NONE, networks: ['10.0.0.0/24'] }, use)).toBe(null)
  const elsewhere = findOutside({ ...NONE, networks: ['192.168.0.0/16', '::/0'] }, use)
  expect(elsewhere).toEqual({ kind: 'address', address: '10.0.0.1' })
})

test('each scope is for its own, and who manages may look', () => {
  const permissions = [
    'model.list',
    'model.infer',
    'lease.list',
    'usage.read',
    'lease.create',
  ] as const
  const allowed = (...scopes: KeyBounds['scopes'] & object) =>
    permissions.filter((permission) => !findOutside({ ...NONE, scopes }, { ...use, permission }))
  expect(allowed('inference')).toEqual(['model.list', 'model.infer'])
  expect(allowed('read')).toEqual(['lease.list', 'usage.read'])
  expect(allowed('manage')).toEqual(['lease.list', 'usage.read', 'lease.create'])
  expect(allowed('inference', 'manage')).toEqual([...permissions])
})

test('a model is allowed by any of its names', () => {
  const bounds = { ...NONE, models: ['fast'] }
  expect(allowsModel(bounds, 'toy', 'fast')).toBe(true)
  expect(allowsModel(bounds, 'toy')).toBe(false)
})
