import { expect, test } from 'vitest'
import { fitGang } from './gang.ts'

const EIGHTS = [8, 8, 8, 8]

test('what fits on one node runs on one node', () => {
  expect(fitGang({ gpus: 8 }, EIGHTS)).toEqual({ kind: 'fits', nodes: 1 })
})

test('what is larger than a node runs on the fewest nodes that share it evenly', () => {
  expect(fitGang({ gpus: 16 }, EIGHTS)).toEqual({ kind: 'fits', nodes: 2 })
  expect(fitGang({ gpus: 18 }, EIGHTS)).toEqual({ kind: 'fits', nodes: 3 })
})

test('a gang that can never fit is told so at once, with what could be had', () => {
  expect(fitGang({ gpus: 64 }, EIGHTS)).toMatchObject({ kind: 'never', gpusMax: 8 })
  expect(fitGang({ gpus: 11 }, EIGHTS)).toMatchObject({ kind: 'never' })
  expect(fitGang({ gpus: 32, nodes: 2 }, EIGHTS)).toMatchObject({ kind: 'never', gpusMax: 16 })
  expect(fitGang({ gpus: 2, nodes: 2 }, [8])).toMatchObject({ kind: 'never', gpusMax: 0 })
})

test('nodes that were asked for are kept to, and small nodes do not count', () => {
  expect(fitGang({ gpus: 8, nodes: 4 }, EIGHTS)).toEqual({ kind: 'fits', nodes: 4 })
  expect(fitGang({ gpus: 16, nodes: 2 }, [8, 8, 4])).toEqual({ kind: 'fits', nodes: 2 })
  expect(fitGang({ gpus: 24, nodes: 3 }, [8, 8, 4])).toMatchObject({ kind: 'never', gpusMax: 12 })
})

test('one GPU is spoken of as one', () => {
  expect(fitGang({ gpus: 1 }, [0, 0])).toMatchObject({
    text: '1 GPU was asked for, but no even share of them fits on the 2 nodes of the pool, of which the largest has 0.',
  })
  expect(fitGang({ gpus: 9 }, [8])).toMatchObject({
    text: '9 GPUs were asked for, but the largest node has 8.',
  })
})
