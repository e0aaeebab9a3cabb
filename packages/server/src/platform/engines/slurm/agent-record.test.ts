/** What the agent makes of what Slurm gave it, before anything runs. */
import { expect, test } from 'vitest'
import { shortageOf } from './agent-record.ts'

const TASK = {
  admission: {
    attemptId: 'a',
    leaseId: 'l',
    organizationId: 'o',
    tenant: 'customer',
    kind: 'spot',
    placements: ['gpu1', 'gpu2'].map((node) => ({ node, slots: [0, 1] })),
  },
} as unknown as Parameters<typeof shortageOf>[0]

test('a command runs with the GPUs that were asked for, whichever Slurm picked', () => {
  expect(shortageOf(TASK, { SLURMD_NODENAME: 'gpu2', SLURM_JOB_GPUS: '2,3' })).toBeNull()
})

test('a command without its GPUs does not run, and says what was missing', () => {
  const text = 'Slurm gave 0 GPUs on gpu1 instead of 2; nothing was run'
  expect(shortageOf(TASK, { SLURMD_NODENAME: 'gpu1' })).toBe(text)
  expect(shortageOf(TASK, { SLURMD_NODENAME: 'gpu1', SLURM_STEP_GPUS: '1' })).toContain(
    '1 GPU on gpu1 instead of 2',
  )
  expect(shortageOf(TASK, { SLURMD_NODENAME: 'gpu9', SLURM_JOB_GPUS: '0,1' })).toContain(
    '2 GPUs on gpu9 instead of 0',
  )
})
