import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readNodes, readPods } from './trace.ts'

const folder = mkdtempSync(join(tmpdir(), 'placement-'))

function file(name: string, ...lines: readonly string[]): string {
  const path = join(folder, name)
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

const NODES = 'sn,cpu_milli,memory_mib,gpu,model'
const PODS = 'name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec'
const nodes = readNodes(file('nodes.csv', NODES, 'b,64000,1024,2,T4', 'a,8000,512,0,'))

function pods(...lines: readonly string[]) {
  return readPods(file('pods.csv', PODS, ...lines), nodes)
}

test('nodes come by name, pods as they are listed', () => {
  expect(nodes.map(({ model, cards }) => [model, cards])).toEqual([
    ['', []],
    ['T4', [1000, 1000]],
  ])
  expect(pods('p,1000,10,1,500,T4', 'q,1,1,0,0,')).toMatchObject([
    { cpuMilli: 1000, gpuCount: 1, gpuMilli: 500, models: new Set(['T4']) },
    { gpuCount: 0, models: null },
  ])
})

test('a list without models asks for none', () => {
  const path = file('plain.csv', 'name,cpu_milli,memory_mib,num_gpu,gpu_milli', 'p,1,1,1,1000')
  expect(readPods(path, nodes)[0]?.models).toBeNull()
})

test.each([
  ['p,-1,10,0,0,', 'row 2, field cpu_milli'],
  ['p,1,NaN,0,0,', 'row 2, field memory_mib'],
  ['p,1,1.5,0,0,', 'row 2, field memory_mib'],
  ['p,1,1,1,1001,', 'row 2, field gpu_milli'],
  ['p,1,1,2,500,', 'row 2, field gpu_milli'],
  ['p,1,1,1,0,', 'row 2, field gpu_milli'],
  ['p,1,1,1,1000,H100', "row 2, field gpu_spec: 'H100'"],
  ['p,1,1,1', 'row 2, field gpu_milli: is missing'],
  ['p,1,1,1,1000,T4,more', 'is followed by more cells'],
  [',1,1,1,1000,', 'row 2, field name: is empty'],
])('a pod %s is refused by row and field', (line, where) => {
  expect(() => pods(line)).toThrow(where)
})

test('a name that comes twice, an empty list and a missing column are refused', () => {
  expect(() => pods('p,1,1,0,0,', 'p,1,1,0,0,')).toThrow("row 3, field name: 'p' is there twice")
  expect(() => pods()).toThrow('row 2')
  expect(() => readNodes(file('none.csv', 'sn,cpu_milli,memory_mib,model', 'a,1,1,T4'))).toThrow(
    'row 1, field gpu: the column is missing',
  )
  expect(() => readNodes(file('empty.csv', NODES, 'a,1,1,1,'))).toThrow('row 2, field model')
})
