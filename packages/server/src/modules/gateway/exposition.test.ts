import { expect, test } from 'vitest'
import { Metrics } from './exposition.ts'

test('counters, gauges and histograms are rendered as Prometheus reads them', () => {
  const metrics = new Metrics({ asked_total: 'Questions.', busy: 'Now.', took_seconds: 'Time.' })
  metrics.count('asked_total', { model: 'a"b', stream: 'true' })
  metrics.count('asked_total', { model: 'a"b', stream: 'true' }, 2)
  metrics.count('asked_total', { model: 'c', stream: 'true' })
  metrics.set('busy', 4)
  metrics.observe('took_seconds', { model: 'c' }, 0.002)
  metrics.observe('took_seconds', { model: 'c' }, 900)
  const lines = metrics.render().split('\n')
  expect(lines.slice(0, 4)).toEqual([
    '# HELP asked_total Questions.',
    '# TYPE asked_total counter',
    'asked_total{model="a\\"b",stream="true"} 3',
    'asked_total{model="c",stream="true"} 1',
  ])
  expect(lines).toContain('busy 4')
  expect(lines).toContain('took_seconds_bucket{model="c",le="0.001"} 0')
  expect(lines).toContain('took_seconds_bucket{model="c",le="0.0025"} 1')
  expect(lines).toContain('took_seconds_bucket{model="c",le="300"} 1')
  expect(lines).toContain('took_seconds_bucket{model="c",le="+Inf"} 2')
  expect(lines).toContain('took_seconds_sum{model="c"} 900.002')
  expect(lines).toContain('took_seconds_count{model="c"} 2')
})

test('a counter without labels has no braces', () => {
  const metrics = new Metrics({ lost_total: 'Lost.' })
  metrics.count('lost_total', {})
  expect(metrics.render()).toContain('\nlost_total 1\n')
})
