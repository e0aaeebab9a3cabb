import { expect, test } from 'vitest'
import { readTrace, unplaceable } from './trace.ts'

const HEADER =
  'job_name,organization,gpu_model,cpu_request,gpu_request,worker_num,submit_time,duration,job_type'
const order = { nodeGpus: 8 }

function gfs(...rows: string[]) {
  return readTrace([HEADER, ...rows].join('\r\n'), order)
}

test('a trace of the public format becomes jobs in order of submission', () => {
  const reading = gfs('b,acme,A100,8,8,2,50,600,HP', 'a,zeta,A100,8,0.5,1,10,60,Spot')
  expect(reading).toMatchObject({
    kind: 'read',
    organizations: ['acme', 'zeta'],
    jobs: [
      { id: 0, kind: 'spot', organization: 1, gpus: 1, workers: 1, submitS: 10, durationS: 60 },
      { id: 1, kind: 'anchor', organization: 0, gpus: 8, workers: 2, submitS: 50 },
    ],
    notes: [
      '1 rows are submitted before the row above them, the first is row 3; all are sorted',
      '1 rows ask for a part of a GPU and get a whole one',
    ],
  })
})

test.each([
  ['a,o,A100,8,8,2,50,-600,HP', 'row 2, field duration: -600 is below 0'],
  ['a,o,A100,8,8,2,50,99999999999,HP', 'row 2, field duration: 99999999999 is above 31536000'],
  ['a,o,A100,8,8,2,-1,60,HP', 'row 2, field submit_time: -1 is below 0'],
  ['a,o,A100,8,NaN,2,1,60,HP', 'row 2, field gpu_request: "NaN" is no number'],
  ['a,o,A100,8,,2,1,60,HP', 'row 2, field gpu_request: "" is no number'],
  [
    'a,o,A100,8,1.5,2,1,60,HP',
    'row 2, field gpus: 1.5 is neither a whole number nor a part of one GPU',
  ],
  ['a,o,A100,8,1,0,1,60,HP', 'row 2, field worker_num: 0 is below 1'],
  ['a,o,A100,8,1,1,1,60,Gold', 'row 2, field job_type: "Gold" is not HP or Spot'],
  ['a,o,A100,8,1,1', 'row 2, field submit_time: the row has 6 cells, and the header 9'],
])('a faulty row is named with its field: %s', (row, fault) => {
  expect(gfs(row)).toEqual({ kind: 'refused', faults: [fault] })
})

test('of many faults the first are told, and how many more there are', () => {
  const reading = gfs(...Array.from({ length: 30 }, () => 'a,o,A100,8,1,1,1,-1,HP'))
  expect(reading.kind === 'refused' && reading.faults.length).toBe(21)
  expect(reading.kind === 'refused' && reading.faults.at(-1)).toBe('and 10 more')
})

test('a file of another kind is refused with the columns that are missing', () => {
  const reading = readTrace('a,b\n1,2', order)
  expect(reading.kind === 'refused' && reading.faults[0]).toContain('row 1, field header')
})

test('a trace without a job is refused', () => {
  expect(gfs('a,o,A100,8,0,1,1,60,HP').kind).toBe('refused')
})

test('Chronus counts in minutes, and its wide jobs become equal workers', () => {
  const header = 'job_id,user,num_gpu,submit_time,duration,job_type'
  const reading = readTrace(`${header}\n0,vc,12,5,2,strict\n1,vc,0,6,2,best`, order)
  expect(reading).toMatchObject({
    kind: 'read',
    format: 'chronus',
    jobs: [{ kind: 'anchor', gpus: 6, workers: 2, submitS: 300, durationS: 120 }],
    notes: ['1 rows ask for no GPU and are left out'],
  })
})

test('a gang that no fleet of these nodes could hold is told apart', () => {
  const shape = { kind: 'spot', organization: 0, submitS: 0, durationS: 1 } as const
  const jobs = [
    { ...shape, id: 0, gpus: 4, workers: 3 },
    { ...shape, id: 1, gpus: 8, workers: 2 },
  ]
  expect(unplaceable(jobs, [8, 4]).map(({ id }) => id)).toEqual([1])
})

test('a part of a GPU is refused by its row where whole ones are sold', () => {
  const text = 'kind,organization,gpus,workers,submit_s,duration_s\nspot,a,0.5,1,0,60\n'
  const reading = readTrace(text, { nodeGpus: 8, arePartsRefused: true })
  expect(reading.kind === 'refused' && reading.faults[0]).toMatch(
    /row 2, field gpus: 0.5 is a part of a GPU, and whole ones are sold/,
  )
  expect(readTrace(text, { nodeGpus: 8 }).kind).toBe('read')
})
