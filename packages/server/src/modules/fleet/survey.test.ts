import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readFleetFile } from './fleet-file.ts'
import { surveyFleet } from './survey.ts'

const laptop = readFileSync(new URL('../../../../../examples/laptop.yaml', import.meta.url), 'utf8')

function survey(text: string, slotCountMax: number, acceleratorKind: 'gpu' | 'cpu' = 'cpu') {
  const outcome = readFleetFile(text)
  if (outcome.kind === 'refused') throw new Error('the fleet file of this test is wrong')
  const found = {
    node: 'this-machine',
    acceleratorKind,
    slotCountMax,
    hardware: 'hardware',
    finding: 'found by looking',
    rack: null,
    fabric: null,
    health: { state: 'up' },
    faults: [],
  } as const
  const { fleet, lineOf } = outcome
  return surveyFleet({ fleet, lineOf, found: new Map([['local', [found]]]) })
}

test('auto takes every GPU there is', () => {
  expect(survey(laptop, 16, 'gpu')).toMatchObject({ kind: 'settled', nodes: [{ slotCount: 16 }] })
})

test('auto takes a handful of CPU slots, however many cores there are', () => {
  expect(survey(laptop, 256)).toMatchObject({ kind: 'settled', nodes: [{ slotCount: 8 }] })
})

test('more slots than exist are refused with the line and how many there are', () => {
  const text = laptop.replace('slots: auto', 'slots: 64')
  const wantLine = text.split('\n').findIndex((line) => line.includes('slots: 64')) + 1
  expect(survey(text, 4)).toEqual({
    kind: 'refused',
    faults: [
      { line: wantLine, message: expect.stringContaining('write at most 4, or auto') as string },
    ],
  })
})
