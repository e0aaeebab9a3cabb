import { expect, test } from 'vitest'
import { renderGoDuration, renderRateHeaders } from './rate-headers.ts'

test.each([
  [0, '0ms'],
  [12, '12ms'],
  [1000, '1s'],
  [1500, '1.5s'],
  [59_999, '59.999s'],
  [60_000, '1m0s'],
  [361_000, '6m1s'],
])('%i ms is %s', (ms, text) => {
  expect(renderGoDuration(ms)).toBe(text)
})

const standing = {
  requests: { limit: 10, remaining: 3 },
  tokens: { limit: 1000, remaining: 0 },
  resetsAtMs: Date.parse('2026-01-01T00:01:00.000Z'),
}
const nowMs = standing.resetsAtMs - 1500

test('OpenAI\u2019s clients read names and durations as OpenAI writes them', () => {
  expect(renderRateHeaders(standing, { dialect: 'responses', nowMs })).toEqual({
    'x-ratelimit-limit-requests': '10',
    'x-ratelimit-remaining-requests': '3',
    'x-ratelimit-reset-requests': '1.5s',
    'x-ratelimit-limit-tokens': '1000',
    'x-ratelimit-remaining-tokens': '0',
    'x-ratelimit-reset-tokens': '1.5s',
  })
})

test('Anthropic\u2019s clients read instants, and what is not limited is not named', () => {
  expect(
    renderRateHeaders({ ...standing, requests: null }, { dialect: 'messages', nowMs }),
  ).toEqual({
    'anthropic-ratelimit-tokens-limit': '1000',
    'anthropic-ratelimit-tokens-remaining': '0',
    'anthropic-ratelimit-tokens-reset': '2026-01-01T00:01:00.000Z',
  })
})
