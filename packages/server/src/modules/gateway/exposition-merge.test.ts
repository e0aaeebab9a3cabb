import { expect, test } from 'vitest'
import { mergeExpositions } from './exposition-merge.ts'
import { Metrics } from './exposition.ts'

test('several gateways are one text: a head for each metric, a series for each gateway', () => {
  const told = (calls: number) => {
    const metrics = new Metrics({ calls: 'Calls.', asked_total: 'Asked.' })
    metrics.count('asked_total', { path: '/v1/a {b} c' }, calls)
    metrics.set('calls', calls)
    return metrics.render()
  }
  expect(
    mergeExpositions(
      new Map([
        ['0', told(1)],
        ['1', told(2)],
      ]),
    ),
  ).toBe(`# HELP asked_total Asked.
# TYPE asked_total counter
asked_total{gateway="0",path="/v1/a {b} c"} 1
asked_total{gateway="1",path="/v1/a {b} c"} 2
# HELP calls Calls.
# TYPE calls gauge
calls{gateway="0"} 1
calls{gateway="1"} 2
`)
})
