/** What is made of what replicas say of themselves. */
import { expect, test } from 'vitest'
import { LoadMeter } from './load-meter.ts'

function say(
  meter: LoadMeter,
  ms: number,
  parts: { busy?: number; waiting?: number; tokens?: number; lease?: string },
) {
  const { busy = 0, waiting = 0, tokens = 0, lease = 'a' } = parts
  const load = { busy, waiting, tokens, places: 4 }
  meter.note({ deploymentId: 'dep', leaseId: lease, load, at: new Date(ms) })
}

test('requests are a mean over time and a sum over replicas; tokens and pace are what was made meanwhile', () => {
  const meter = new LoadMeter()
  say(meter, 0, { tokens: 1000 })
  say(meter, 500, { busy: 2, tokens: 1050 })
  say(meter, 1000, { busy: 4, waiting: 2, tokens: 1150 })
  say(meter, 0, { busy: 1, lease: 'b' })
  expect(meter.take('dep')).toEqual({
    ...{ requests: 3, tokens: 150, pace: 150, places: 4 },
    ...{ replicasHeard: 2, hasSilence: false },
  })
})

test('the next look begins where the last one ended', () => {
  const meter = new LoadMeter()
  say(meter, 0, { busy: 1, tokens: 10 })
  expect(meter.take('dep')).toMatchObject({ tokens: 0, pace: null })
  say(meter, 1000, { busy: 1, tokens: 40 })
  expect(meter.take('dep')).toMatchObject({ tokens: 30, pace: 30, requests: 1 })
  expect(meter.take('dep')).toMatchObject({
    tokens: 0,
    requests: 0,
    replicasHeard: 0,
    places: null,
  })
})

test('a replica that does not answer is told apart from an idle one, once', () => {
  const meter = new LoadMeter()
  say(meter, 0, {})
  meter.note({ deploymentId: 'dep', leaseId: 'a', load: null, at: new Date(500) })
  expect(meter.take('dep')).toMatchObject({ hasSilence: true, replicasHeard: 0 })
  say(meter, 1000, {})
  expect(meter.take('dep')).toMatchObject({ hasSilence: false, replicasHeard: 1 })
})

test('idle time is no work: the pace is of what it did while it worked', () => {
  const meter = new LoadMeter()
  for (let ms = 0; ms <= 9000; ms += 500) say(meter, ms, { tokens: 5 })
  say(meter, 9500, { busy: 1, tokens: 55 })
  say(meter, 10_000, { tokens: 105 })
  expect(meter.take('dep')).toMatchObject({ tokens: 100, pace: 100 })
})
