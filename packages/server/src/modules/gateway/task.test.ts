/** Of which task a request is an attempt is read where callers say it, and told to nobody else. */
import { expect, test } from 'vitest'
import type { ModelRequest } from './frame/dialect.ts'
import { taskOf, withoutTask } from './task-service.ts'

test('a task is named by the header or the metadata, and the header counts first', () => {
  expect(taskOf({}, {})).toBeNull()
  expect(taskOf({}, { metadata: { user_id: 'ann' } })).toBeNull()
  expect(taskOf({}, { metadata: 'text' })).toBeNull()
  expect(taskOf({}, { metadata: { task_id: 'invoice/4711' } })).toBe('invoice/4711')
  const both = { metadata: { task_id: 'b' } }
  expect(taskOf({ 'x-spillway-task-id': 'a' }, both)).toBe('a')
})

test.each(['', 'two words', 'x'.repeat(129), 'ümlaut', 'a\0b', 7, ['a']])(
  'a name that is none is refused: %j',
  (name) => {
    const refusal = taskOf({}, { metadata: { task_id: name } })
    expect(refusal).toMatchObject({ status: 400, error: { param: 'metadata.task_id' } })
  },
)

test('a server is not told of it, and of other metadata it is', () => {
  const of = (body: object) => withoutTask({ body } as unknown as ModelRequest).body
  const plain = { body: { model: 'm', metadata: { user_id: 'ann' } } } as unknown as ModelRequest
  expect(withoutTask(plain)).toBe(plain)
  expect(of({ model: 'm', metadata: { task_id: 'a' } })).toEqual({ model: 'm' })
  expect(of({ metadata: { task_id: 'a', user_id: 'ann' } })).toEqual({
    metadata: { user_id: 'ann' },
  })
})
