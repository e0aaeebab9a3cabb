import { expect, test } from 'vitest'
import { model } from '../../test/documents.ts'
import { chooseModel } from './choose-model.ts'

test('a model that is ready comes before one that sleeps, which is woken by being asked', () => {
  const asleep = model({ id: 'large', state: 'asleep', isToy: false })
  const starting = model({ id: 'next', state: 'starting' })
  expect(chooseModel([asleep, model()])).toMatchObject({ model: { id: 'toy' } })
  expect(chooseModel([starting, asleep])).toMatchObject({ model: { id: 'large' } })
  expect(chooseModel([starting])).toMatchObject({ kind: 'none' })
  expect(chooseModel([])).toMatchObject({ text: 'There is no model in the catalog.' })
})
