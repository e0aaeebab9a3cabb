/**
 * The environment of an attempt's command: little of the server's own, what Spillway tells, then what the lease asked
 * for. Pure. The server's secrets cannot leak, because it passes on names from a list and nothing else.
 */
import { assert } from '#kernel/assert.ts'
import type { Admission, Placement } from '#platform/engines/engine.ts'
import { MARK_NAME } from './attempt-folder.ts'

const INHERITED = [
  'PATH',
  'HOME',
  'LANG',
  'LC_ALL',
  'TERM',
  'USER',
  'LOGNAME',
  'SHELL',
  'TZ',
  'TMPDIR',
  'LD_LIBRARY_PATH',
] as const

/** Which slots it may use is not the lease's to say. */
const FIXED = ['CUDA_VISIBLE_DEVICES', 'CUDA_DEVICE_ORDER', 'NVIDIA_VISIBLE_DEVICES']

export interface CommandSurroundings {
  readonly admission: Admission
  /** The environment of the server. */
  readonly inherited: Readonly<Record<string, string | undefined>>
  /** The CPUs of the slots; empty for GPU slots. */
  readonly cpus: readonly number[]
  readonly noticePath: string
  readonly mark: string
  readonly servicePort: number | null
  /** The driver numbers the devices that can be seen, from 0. */
  readonly seesOwnDevicesOnly: boolean
  readonly artifactsPath: string
  /** What its image sets; a lease's own variables and Spillway's stand above it. */
  readonly image?: Readonly<Record<string, string>>
}

export function commandEnvironment(surroundings: CommandSurroundings): Record<string, string> {
  const { admission, inherited } = surroundings
  const passedOn = INHERITED.flatMap((name) => {
    const value = inherited[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    // Otherwise Python keeps what it prints until it ends, and loses it when it is killed.
    PYTHONUNBUFFERED: '1',
    ...Object.fromEntries(passedOn),
    ...passable(surroundings.image ?? {}),
    ...acceleratorEnvironment(surroundings),
    ...passable(admission.environment),
    ...identityEnvironment(surroundings),
  }
}

/** What of the variables that a lease asks for is passed on. */
export function passable(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) => !name.startsWith('SPILLWAY_') && !FIXED.includes(name),
    ),
  )
}

function identityEnvironment({
  admission,
  noticePath,
  mark,
  servicePort,
  artifactsPath,
}: CommandSurroundings): Record<string, string> {
  const { node, slots } = soleOf(admission)
  return {
    [MARK_NAME]: mark,
    SPILLWAY_ATTEMPT_ID: admission.attemptId,
    SPILLWAY_LEASE_ID: admission.leaseId,
    SPILLWAY_NODE: node,
    SPILLWAY_SLOTS: slots.join(','),
    SPILLWAY_NOTICE_FILE: noticePath,
    SPILLWAY_ARTIFACTS_DIR: artifactsPath,
    ...(servicePort === null ? {} : { SPILLWAY_PORT: String(servicePort) }),
    ...(admission.service ? { SPILLWAY_BASE_PATH: admission.service.basePath } : {}),
  }
}

function acceleratorEnvironment({
  admission,
  cpus,
  seesOwnDevicesOnly,
}: CommandSurroundings): Record<string, string> {
  const { slots } = soleOf(admission)
  if (admission.acceleratorKind === 'cpu')
    return { SPILLWAY_CPUS: cpus.join(','), OMP_NUM_THREADS: String(cpus.length) }
  const devices = (seesOwnDevicesOnly ? slots.map((_, position) => position) : slots).join(',')
  // nvidia-smi numbers GPUs by bus address, CUDA by speed unless it is told.
  const order = { CUDA_DEVICE_ORDER: 'PCI_BUS_ID' }
  return { CUDA_VISIBLE_DEVICES: devices, NVIDIA_VISIBLE_DEVICES: devices, ...order }
}

/** This machine is one node, so a gang here has one part. */
export function soleOf({ placements }: Pick<Admission, 'placements'>): Placement {
  const [sole, ...others] = placements
  assert(sole !== undefined && others.length === 0, 'the local engine runs on one node')
  return sole
}

/** Two CPU slots stand for each logical CPU. */
export const SLOTS_PER_CPU = 2

/** The logical CPUs of some CPU slots, each once. */
export function cpusOfSlots(
  slots: readonly number[],
  allowedCpus: readonly number[],
): readonly number[] {
  const cpus = slots.map((slot) => {
    const cpu = allowedCpus[Math.floor(slot / SLOTS_PER_CPU)]
    assert(cpu !== undefined, `this machine has no CPU slot ${slot}`)
    return cpu
  })
  return [...new Set(cpus)].sort((left, right) => left - right)
}
