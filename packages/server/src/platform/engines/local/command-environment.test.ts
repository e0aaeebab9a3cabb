/** What a command gets to know, and what never reaches it. */
import { expect, test } from 'vitest'
import type { Admission } from '#platform/engines/engine.ts'
import { commandEnvironment, cpusOfSlots } from './command-environment.ts'

const ADMISSION: Admission = {
  attemptId: 'att_1',
  leaseId: 'lse_1',
  organizationId: 'org_1',
  tenant: 'owner',
  kind: 'spot',
  placements: [{ node: 'here', slots: [0, 1] }],
  acceleratorKind: 'cpu',
  command: ['true'],
  environment: {},
  workingDirectory: null,
  timeLimitMs: null,
}

function environmentOf(
  changes: Partial<Admission>,
  inherited: Readonly<Record<string, string>> = { PATH: '/bin' },
  seesOwnDevicesOnly = false,
): Record<string, string> {
  const admission = { ...ADMISSION, ...changes }
  const surroundings = {
    admission,
    inherited,
    cpus: [0],
    noticePath: '/n',
    mark: 'm',
    artifactsPath: '/a',
  }
  const servicePort = admission.service ? 4000 : null
  return commandEnvironment({ ...surroundings, servicePort, seesOwnDevicesOnly })
}

test('nothing of the server\u2019s environment is passed on but what is listed', () => {
  const inherited = {
    PATH: '/bin',
    HOME: '/home/me',
    DATABASE_URL: 'postgres://secret',
    SPILLWAY_DATA_DIR: '/secret',
    AWS_SECRET_ACCESS_KEY: 'secret',
    NODE_OPTIONS: '--secret',
  }
  const environment = environmentOf({}, inherited)
  expect(environment).toMatchObject({ PATH: '/bin', HOME: '/home/me' })
  expect(JSON.stringify(environment)).not.toContain('secret')
})

test('a command on CPU slots learns its CPUs, and how many threads they are for', () => {
  const want = {
    SPILLWAY_SLOTS: '0,1',
    SPILLWAY_CPUS: '0',
    OMP_NUM_THREADS: '1',
    SPILLWAY_NODE: 'here',
  }
  expect(environmentOf({})).toMatchObject(want)
})

test('a command on GPU slots sees its GPUs by the numbers of nvidia-smi', () => {
  const environment = environmentOf({
    acceleratorKind: 'gpu',
    placements: [{ node: 'here', slots: [2, 3] }],
  })
  const want = {
    CUDA_VISIBLE_DEVICES: '2,3',
    NVIDIA_VISIBLE_DEVICES: '2,3',
    CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
  }
  expect(environment).toMatchObject(want)
  expect(environment).not.toHaveProperty('SPILLWAY_CPUS')
})

test('the lease\u2019s own environment comes on top, but for its identity and its slots', () => {
  const environment = environmentOf({
    acceleratorKind: 'gpu',
    environment: {
      PATH: '/opt/bin',
      PYTHONUNBUFFERED: '0',
      CUDA_VISIBLE_DEVICES: '0,1,2,3,4,5,6,7',
      SPILLWAY_LEASE_ID: 'lse_2',
      SPILLWAY_ATTEMPT_MARK: 'none',
    },
  })
  const want = { PATH: '/opt/bin', PYTHONUNBUFFERED: '0', CUDA_VISIBLE_DEVICES: '0,1' }
  expect(environment).toMatchObject({
    ...want,
    SPILLWAY_LEASE_ID: 'lse_1',
    SPILLWAY_ATTEMPT_MARK: 'm',
  })
})

test('two CPU slots share a CPU, and only CPUs that the server may use are given out', () => {
  expect(cpusOfSlots([0, 1, 2], [4, 6])).toEqual([4, 6])
  expect(cpusOfSlots([3], [4, 6])).toEqual([6])
  expect(() => cpusOfSlots([4], [4, 6])).toThrow('no CPU slot 4')
})

test('a service is told its port and its path, and nobody else is told one', () => {
  const service = { port: 0, basePath: '/api/v1/leases/lse_1/proxy/' }
  expect(environmentOf({ service, environment: { SPILLWAY_PORT: '1' } })).toMatchObject({
    SPILLWAY_PORT: '4000',
    SPILLWAY_BASE_PATH: '/api/v1/leases/lse_1/proxy/',
  })
  expect(environmentOf({ environment: { SPILLWAY_PORT: '1' } })).not.toHaveProperty('SPILLWAY_PORT')
})
