import { expect, test } from 'vitest'
import { beginCourse, judge } from './health.ts'

const WELL = { isHealthy: true, text: 'answers 200' }
const ILL = { isHealthy: false, text: 'answers 500' }
const AFTER_2 = { failuresMax: 2 }

test('what starts may take its time: it is unhealthy only after it was healthy', () => {
  let course = beginCourse({ attempt: 1 }, undefined)
  for (let check = 0; check < 10; check++) course = { ...course, ...judge(course, ILL, AFTER_2) }
  expect(course.state).toBe('starting')
  expect(judge(course, WELL, AFTER_2)).toMatchObject({ state: 'healthy', failures: 0 })
})

test('a healthy service gets as many failures in a row as it was given', () => {
  const healthy = { ...beginCourse({ attempt: 1 }, undefined), ...WELL, state: 'healthy' as const }
  const once = { ...healthy, ...judge(healthy, ILL, AFTER_2) }
  expect(once.state).toBe('healthy')
  expect(judge(once, ILL, AFTER_2)).toMatchObject({ state: 'unhealthy', text: 'answers 500' })
  expect(judge(once, WELL, AFTER_2)).toMatchObject({ state: 'healthy', failures: 0 })
})

test('what was known of an earlier attempt says nothing of this one', () => {
  const known = { attempt: 1, state: 'healthy', text: 'answers 200' } as const
  expect(beginCourse({ attempt: 1 }, known).state).toBe('healthy')
  expect(beginCourse({ attempt: 2 }, known).state).toBe('starting')
})
