import { expect, test } from 'vitest'
import { replayOf } from './replay.ts'

const words = (hours: readonly number[], horizonMs: number, nowMs: number): string =>
  [...replayOf(hours, { horizonMs, nowMs })]
    .map(({ kind, index }) => `${kind[0]}${hours[index]}`)
    .join(' ')

test('a decision is settled as soon as all that it foresaw has come, and not before', () => {
  expect(words([1, 2, 3, 4], 2, 5)).toBe('d1 d2 s1 d3 s2 d4 s3')
})

test('after an outage each decision is settled with its own hours, not with those of another', () => {
  expect(words([1, 2, 9, 10], 2, 11)).toBe('d1 d2 s1 s2 d9 d10 s9')
})

test('nothing is settled when nothing was decided', () => {
  expect(words([], 2, 5)).toBe('')
})
