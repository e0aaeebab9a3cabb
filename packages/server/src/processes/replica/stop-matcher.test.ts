import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createStopMatcher } from './stop-matcher.ts'

function run(chunks: readonly string[], stops: readonly string[]) {
  const matcher = createStopMatcher(stops)
  let text = ''
  for (const chunk of chunks) {
    const step = matcher.push(chunk)
    text += step.text
    if (step.isStopped) return { text, isStopped: true }
  }
  return { text: text + matcher.flush(), isStopped: false }
}

describe('the stop matcher', () => {
  test.each([
    ['without stops lets everything through', ['a', 'b'], [], 'ab', false],
    ['cuts before the stop', ['one. two'], ['.'], 'one', true],
    ['finds a stop that is spread over chunks', ['on', 'e EN', 'D two'], ['END'], 'one ', true],
    ['gives back what only began like a stop', ['EN', 'vy'], ['END'], 'ENvy', false],
    ['gives back a beginning at the end', ['one EN'], ['END'], 'one EN', false],
    ['takes the first of several stops', ['a b c'], ['c', 'b'], 'a ', true],
  ])('%s', (_, chunks, stops, wantText, wantStopped) => {
    expect(run(chunks, stops)).toEqual({ text: wantText, isStopped: wantStopped })
  })

  test('gives the text up to the first stop, however the text is cut', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 20 })
    const stop = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(fc.array(letters), fc.array(stop, { maxLength: 3 }), (chunks, stops) => {
        const whole = chunks.join('')
        const outcome = run(chunks, stops)
        const places = stops.map((text) => whole.indexOf(text)).filter((at) => at >= 0)
        expect(outcome.isStopped).toBe(places.length > 0)
        if (places.length === 0) expect(outcome.text).toBe(whole)
        // A longer stop that begins earlier may still be incomplete when a shorter one inside it is found.
        else expect(stops.some((text) => whole.startsWith(outcome.text + text))).toBe(true)
      }),
    )
  })
})
