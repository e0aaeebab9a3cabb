import { describe, expect, test } from 'vitest'
import { createPlaces } from './places.ts'
import { commonPrefixLength, takeClosest } from './sequences.ts'

const patient = new AbortController().signal

describe('the places', () => {
  test('are given in order, and the queue before them is bounded', async () => {
    // given one place, taken, and one in the queue
    const places = createPlaces({ count: 1, waitingMax: 1 })
    const first = await places.take(patient)
    const second = places.take(patient)

    // when a third comes, it is refused
    await expect(places.take(patient)).rejects.toMatchObject({ refusal: { status: 429 } })

    // then the second gets the place as soon as the first leaves, however often it does
    first.leave()
    first.leave()
    const place = await second
    expect([places.busy(), places.waiting()]).toEqual([1, 0])
    place.leave()
    expect(places.busy()).toBe(0)
  })

  test('go to those with priority before the others, each in their order', async () => {
    const places = createPlaces({ count: 1, waitingMax: 5 })
    const taken = await places.take(patient)
    const order: string[] = []
    const take = (name: string, isFirst: boolean) =>
      places.take(patient, isFirst).then((place) => {
        order.push(name)
        place.leave()
      })
    const all = [take('a', false), take('b', true), take('c', false), take('d', true)]
    taken.leave()
    await Promise.all(all)
    expect(order).toEqual(['b', 'd', 'a', 'c'])
  })

  test('leave the queue to others when somebody goes away', async () => {
    const places = createPlaces({ count: 1, waitingMax: 5 })
    const first = await places.take(patient)
    const leaving = new AbortController()
    const gone = places.take(leaving.signal)
    const next = places.take(patient)

    leaving.abort(new Error('gone away'))

    await expect(gone).rejects.toThrow('gone away')
    expect(places.waiting()).toBe(1)
    first.leave()
    await next
    expect(places.busy()).toBe(1)
  })

  test('refuse somebody who has gone already', async () => {
    const places = createPlaces({ count: 1, waitingMax: 5 })
    await expect(places.take(AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late')
    expect(places.busy()).toBe(0)
  })
})

describe('the choice of a sequence', () => {
  test('takes the one that holds the longest beginning of the prompt', () => {
    const idle = [{ contextTokens: [1, 9] }, { contextTokens: [1, 2, 3, 8] }, { contextTokens: [] }]
    expect(takeClosest(idle, [1, 2, 3, 4]).contextTokens).toEqual([1, 2, 3, 8])
    expect(idle).toHaveLength(2)
  })

  test('compares token by token', () => {
    expect(commonPrefixLength([1, 2, 3], [1, 2, 4])).toBe(2)
    expect(commonPrefixLength([1, 2], [1, 2, 4])).toBe(2)
    expect(commonPrefixLength([], [1])).toBe(0)
  })
})
