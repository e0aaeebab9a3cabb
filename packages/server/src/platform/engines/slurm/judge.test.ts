/** What is concluded from what Slurm and the agents say: never an end that nobody has seen. */
import { describe, expect, test } from 'vitest'
import { BEGIN_WITHIN_MS, judge, QUIET_MS, untoldStartOf } from './judge.ts'
import type { Evidence } from './judge.ts'
import type { SlurmJob, SlurmNode } from './slurm-answer.ts'

const BOOT = 'boot-1'

const JOB: SlurmJob = {
  id: 7,
  state: 'RUNNING',
  reason: 'None',
  name: 'spillway-att_1',
  comment: '',
  user: 'me',
  account: 'spillway',
  qos: 'spillway_spot',
  partition: 'gpu',
  nodes: 1,
  gpus: 2,
  placements: [{ node: 'gpu1', slots: [4, 5] }],
  startSeconds: 90,
  endSeconds: 120,
  preemptSeconds: null,
  restarts: 0,
  waitStatus: 0,
  timeLimitMinutes: null,
}

const NODE: SlurmNode = {
  name: 'gpu1',
  address: '10.0.0.1',
  state: 'mixed',
  flags: [],
  reason: '',
  gpus: 8,
  gpuType: 'lab',
  cpus: 32,
  memoryMb: 1000,
  partitions: ['gpu'],
  isRegistered: true,
}

interface Changes {
  readonly job?: Partial<SlurmJob> | null
  readonly node?: Partial<SlurmNode>
  readonly evidence?: Partial<Evidence>
}

function judged({ job = {}, node = {}, evidence = {} }: Changes) {
  const nodes = new Map([['gpu1', { ...NODE, ...node }]])
  const found = judge({
    bootId: BOOT,
    record: {
      bootId: BOOT,
      admittedMs: 80_000,
      admission: {
        attemptId: 'att_1',
        leaseId: 'lse_1',
        organizationId: 'org_1',
        tenant: 'owner',
        kind: 'spot',
        placements: [{ node: 'gpu1', slots: [0, 1] }],
        acceleratorKind: 'gpu',
        command: ['true'],
        environment: {},
        workingDirectory: null,
        timeLimitMs: null,
      },
    },
    started: {
      bootId: BOOT,
      startedMs: 90_000,
      startEpochSeconds: 90,
      placements: [{ node: 'gpu1', slots: [4, 5] }],
    },
    snapshot: {
      fromMs: 130_000,
      untilMs: 130_100,
      jobs: [],
      nodes,
      atSeconds: (seconds) => seconds * 1000,
    },
    job: job === null ? null : { ...JOB, ...job },
    isClaimed: true,
    end: null,
    lastBeatMs: 25_000,
    quietMs: 0,
    confirmedMs: 112_000,
    wasPreempted: false,
    ...evidence,
  })
  return found.kind === 'told' ? found.observation : found
}

const ENDED = { ranMs: 20_000, exitCode: 3, exitSignal: null, text: 'exited with code 3' }

describe('a job that is under way', () => {
  test('runs on the GPUs that Slurm gave it, not on those that were named', () => {
    expect(judged({})).toMatchObject({
      state: 'running',
      startedMs: 90_000,
      confirmedMs: 130_000,
      placements: [{ node: 'gpu1', slots: [4, 5] }],
    })
  })

  test('reframe#3608, codalab-worksheets PR#2391: PREEMPTED and COMPLETING are not read as finished', () => {
    expect(judged({ job: { state: 'COMPLETING' }, evidence: { end: ENDED } })).toMatchObject({
      state: 'running',
    })
    expect(judged({ job: { state: 'PREEMPTED' } })).toMatchObject({ state: 'unknown' })
  })

  test('soperator#556: a job stuck COMPLETING keeps its node, however quiet it is', () => {
    const evidence = { quietMs: QUIET_MS * 100, end: ENDED }
    expect(judged({ job: { state: 'COMPLETING' }, evidence })).toMatchObject({ state: 'running' })
  })

  test('a node that does not answer makes it unknown', () => {
    for (const node of [{ flags: ['NOT_RESPONDING'] }, { state: 'down' }])
      expect(judged({ node })).toMatchObject({ state: 'unknown' })
  })

  test('the gang trap: fewer nodes than were asked for is not running', () => {
    expect(judged({ job: { nodes: 2 } })).toMatchObject({ state: 'unknown' })
  })

  test('a preemption that Slurm began is told, with the end of its grace', () => {
    const observation = judged({ job: { preemptSeconds: 118, endSeconds: 133 } })
    expect(observation).toMatchObject({ preemption: { decidedMs: 118_000, stopMs: 133_000 } })
  })

  test('requeue wait: a job that Slurm queued again is neither waiting to start nor gone', () => {
    expect(judged({ job: { state: 'PENDING', restarts: 1, reason: 'BeginTime' } })).toMatchObject({
      state: 'unknown',
    })
  })

  test('one whose agent tells nothing counts as running from a while after Slurm started it', () => {
    const at = (seconds: number, changes: Partial<SlurmJob> = {}) =>
      untoldStartOf({
        snapshot: {
          ...{ fromMs: seconds * 1000, untilMs: seconds * 1000, jobs: [], nodes: new Map() },
          atSeconds: (each) => each * 1000,
        },
        job: { ...JOB, ...changes },
        record: {
          admission: { placements: [{ node: 'gpu1', slots: [0] }] },
        } as unknown as Evidence['record'],
      })
    expect(at(90 + BEGIN_WITHIN_MS / 1000 - 1)).toBeNull()
    expect(at(90 + BEGIN_WITHIN_MS / 1000)).toBe(90_000 + BEGIN_WITHIN_MS)
    for (const changes of [{ state: 'PENDING' }, { restarts: 1 }, { nodes: 2 }])
      expect(at(3600, changes)).toBeNull()
  })

  test('a state that nobody knows is unknown', () => {
    expect(judged({ job: { state: 'HIBERNATED' } })).toMatchObject({ state: 'unknown' })
  })
})

describe('a job that is over', () => {
  test('ended as its agent says, at the age that the agent counted', () => {
    expect(judged({ job: { state: 'FAILED' }, evidence: { end: ENDED } })).toMatchObject({
      state: 'gone',
      how: 'exited',
      exitCode: 3,
      startedMs: 90_000,
      // Told to run until 112,000, though the agent counted less: instants never go back.
      goneMs: 112_000,
    })
  })

  test('one without a word of its agent is gone when its node answers and all is quiet', () => {
    const job = { state: 'NODE_FAIL' }
    expect(judged({ job })).toMatchObject({ state: 'unknown' })
    const evidence = { quietMs: QUIET_MS }
    expect(judged({ job, evidence })).toMatchObject({
      state: 'gone',
      how: 'lost',
      goneMs: 115_000,
    })
    expect(judged({ job, evidence, node: { state: 'down' } })).toMatchObject({ state: 'unknown' })
  })

  test('one that was preempted says so, whatever its exit', () => {
    const evidence = { end: { ...ENDED, ranMs: 24_000 }, wasPreempted: true }
    expect(judged({ job: { state: 'CANCELLED' }, evidence })).toMatchObject({
      how: 'preempted',
      goneMs: 114_000,
    })
  })

  test('one that nobody saw running is counted back from the end that Slurm tells', () => {
    const evidence = { end: ENDED, started: null, confirmedMs: null }
    expect(judged({ job: { state: 'FAILED' }, evidence })).toMatchObject({
      startedMs: 100_000,
      goneMs: 120_000,
    })
  })

  test('one that nobody saw running pays for the GPUs that Slurm gave it, whatever its agent’s word has become', () => {
    const job = { state: 'COMPLETED', startSeconds: 100, endSeconds: 3700 }
    const lie = { started: null, confirmedMs: null, lastBeatMs: null }
    const later = { fromMs: 4_000_000, untilMs: 4_000_100, jobs: [] }
    const snapshot = {
      ...later,
      nodes: new Map([['gpu1', NODE]]),
      atSeconds: (s: number) => s * 1000,
    }
    for (const ranMs of [0, 1000, null])
      expect(
        judged({ job, evidence: { ...lie, snapshot, end: { ...ENDED, ranMs } } }),
      ).toMatchObject({
        startedMs: 100_000 + BEGIN_WITHIN_MS,
        goneMs: 3_700_000,
      })
  })

  test('one whose command was not begun in time to tell pays nothing', () => {
    const evidence = { started: null, confirmedMs: null, end: { ...ENDED, ranMs: null } }
    expect(judged({ job: { state: 'FAILED' }, evidence })).toMatchObject({
      how: 'start_failed',
      startedMs: null,
    })
  })

  test('one that no agent has begun is gone only if none can begin any more', () => {
    const evidence = { isClaimed: false, started: null }
    expect(judged({ job: { state: 'CANCELLED' }, evidence })).toMatchObject({
      kind: 'forestall',
      how: 'start_failed',
    })
  })
})

describe('a job that Slurm does not know', () => {
  test('is lost once its nodes answer and nothing has beaten for long', () => {
    expect(judged({ job: null })).toMatchObject({ state: 'unknown' })
    const evidence = { quietMs: QUIET_MS * 2 }
    expect(judged({ job: null, evidence })).toMatchObject({ state: 'gone', how: 'lost' })
    const node = { flags: ['NOT_RESPONDING'] }
    expect(judged({ job: null, evidence, node })).toMatchObject({ state: 'unknown' })
  })

  test('and that never began is taken away from whoever might begin it', () => {
    const evidence = { isClaimed: false, started: null }
    expect(judged({ job: null, evidence })).toMatchObject({ kind: 'forestall', how: 'lost' })
  })
})
