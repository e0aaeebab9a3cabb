import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readFleet } from './fleet.ts'

function file(...lines: string[]): string {
  const path = join(mkdtempSync(join(tmpdir(), 'spillway-fleet-')), 'nodes.csv')
  writeFileSync(path, lines.join('\r\n'))
  return path
}

test('a fleet is so many nodes of so many GPUs, or a file with a row for each node', () => {
  expect(readFleet('3x8')).toEqual([8, 8, 8])
  expect(readFleet(file('gpu_model,gpu_capacity_num', 'A100,8', 'none,0', 'A10,1'))).toEqual([8, 1])
})

test('a faulty row of a fleet is named with its field', () => {
  expect(() => readFleet(file('gpu', '8', '-1'))).toThrow('row 3, field gpu: "-1"')
  expect(() => readFleet(file('name,gpu', 'a,'))).toThrow('row 2, field gpu')
  expect(() => readFleet(file('name', 'a'))).toThrow('row 1, field header')
})
