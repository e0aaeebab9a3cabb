import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Heap } from './heap.ts'

test('what comes out of a heap comes in order, whatever was put in when', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.array(fc.integer()), (first, later) => {
      const heap = new Heap([...first], (a: number, b: number) => a - b)
      const early = heap.pop()
      expect(early).toBe(first.toSorted((a, b) => a - b)[0])
      for (const each of later) heap.push(each)
      const out: number[] = []
      for (let next = heap.pop(); next !== undefined; next = heap.pop()) out.push(next)
      const left = first.toSorted((a, b) => a - b).slice(1)
      expect(out).toEqual([...left, ...later].toSorted((a, b) => a - b))
    }),
  )
})
