/** Reading Slurm's answers: an error in an answer is never an answer of nothing. */
import { expect, test } from 'vitest'
import { jobPaths } from './job-folder.ts'
import { quote, scriptOf } from './job-script.ts'
import { parseControllerSeconds, parseJobs, parseNodes, slotsOf } from './slurm-answer.ts'
import { parseUsage } from './slurm-usage.ts'

test('slurm-operator PR#79: an answer with errors is not read as drained, though the command succeeded', () => {
  const text = JSON.stringify({
    errors: [{ error: 'Unable to contact slurm controller' }],
    jobs: [],
  })
  expect(() => parseJobs(text)).toThrow('errors')
  expect(() => parseNodes(text.replace('jobs', 'nodes'))).toThrow('errors')
})

test('an answer that lacks what it should hold is no answer', () => {
  for (const text of [
    '',
    '{}',
    '{"jobs": null}',
    '{"jobs": [{"job_id": 1}]}',
    'slurm_load_jobs error',
  ])
    expect(() => parseJobs(text)).toThrow()
  for (const text of ['{}', '{"nodes": []}', '{"nodes": [{"name": "gpu1"}]}'])
    expect(() => parseNodes(text)).toThrow()
  expect(() => parseControllerSeconds('slurm_load_ctl_conf error')).toThrow()
})

test('a node that has not spoken to a restarted controller is not up, because jobs there would get no GPU', () => {
  const node = { name: 'gpu1', state: 'mixed', state_flags: [], gres: 'gpu:h100:8', cpus: 64 }
  const parse = (start: unknown) =>
    parseNodes(
      JSON.stringify({ nodes: [{ ...node, real_memory: 1, slurmd_start_time: start }] }),
    ).map((each) => each.isRegistered)
  expect(parse(0)).toEqual([false])
  expect(parse(1_700_000_000)).toEqual([true])
  expect(parse({ set: true, infinite: false, number: 0 })).toEqual([false])
  expect(parse(undefined)).toEqual([true])
})

test('no jobs at all is an answer when nothing is wrong with it', () => {
  expect(parseJobs('{"errors": [], "jobs": []}')).toEqual([])
})

test('the GPUs of a job are read from what Slurm says of each of its nodes', () => {
  expect(slotsOf('gpu:h100:4(IDX:0-1,5,7)')).toEqual([0, 1, 5, 7])
  expect(slotsOf('gpu:2(IDX:3-4)')).toEqual([3, 4])
  expect(slotsOf('gpu:a:1(IDX:6),gpu:b:1(IDX:2)')).toEqual([2, 6])
  expect(slotsOf('gpu:h100:0(IDX:N/A)')).toEqual([])
  const job = {
    job_id: 1,
    job_state: 'RUNNING',
    gres_detail: ['gpu:lab:2(IDX:0-1)', 'gpu:lab:2(IDX:6-7)'],
    job_resources: { allocated_nodes: [{ nodename: 'gpu3' }, { nodename: 'gpu9' }] },
    tres_alloc_str: 'cpu=2,node=2,gres/gpu=4',
  }
  expect(parseJobs(JSON.stringify({ jobs: [job] }))).toMatchObject([
    {
      gpus: 4,
      placements: [
        { node: 'gpu3', slots: [0, 1] },
        { node: 'gpu9', slots: [6, 7] },
      ],
    },
  ])
})

test('a line of accounting is read where it can be ours, and once it has started', () => {
  const line = '12|spillway-att_1|spillway:x:att_1|100|Unknown|cpu=1,gres/gpu=2|RUNNING'
  const want = { jobId: 12, attemptId: 'att_1', gpus: 2, startSeconds: 100, endSeconds: null }
  expect(parseUsage(line)).toMatchObject([want])
  expect(parseUsage(line.replace('spillway-att_1', 'train'))).toEqual([])
  expect(parseUsage(line.replace('100', 'Unknown'))).toEqual([])
})

test('a path with a quote in it cannot break out of the job script', () => {
  expect(quote(`a'b $(reboot)`)).toBe(String.raw`'a'\''b $(reboot)'`)
  const text = scriptOf(['/usr/bin/node', 'agent.mjs'], jobPaths("/it's", 'att_1'))
  expect(text.split('\n')).toHaveLength(3)
  expect(text).toContain(String.raw`'/it'\''s/attempts/att_1/job'`)
})
