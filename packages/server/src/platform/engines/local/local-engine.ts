/**
 * The `local` engine: attempts as real processes on this machine, each watched by a shim that outlives the server. All
 * that is known lies in one folder per attempt, so any number of engines, now or after a restart, see the same.
 */
import { existsSync } from 'node:fs'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { assert } from '#kernel/assert.ts'
import type {
  Engine,
  EngineUsage,
  NodeInventory,
  NoticeDelivery,
  Observation,
} from '#platform/engines/engine.ts'
import { readAllowedCpus } from '#platform/processes/allowed-cpus.ts'
import { monotonicMs, readBootId } from '#platform/processes/machine-clock.ts'
import { createProcessTable } from '#platform/processes/process-table.ts'
import { admit } from './admit.ts'
import { discardFiles, removeEmpty } from './artifacts-folder.ts'
import { attemptPaths } from './attempt-folder.ts'
import type { AdmissionRecord } from './attempt-folder.ts'
import { createAttempts } from './attempts.ts'
import type { Attempts } from './attempts.ts'
import { removeGroups } from './cgroups/attempt-groups.ts'
import { findCgroups, nameCgroups } from './cgroups/cgroups.ts'
import type { CgroupsAllowed, CgroupsWanted } from './cgroups/cgroups.ts'
import { sweep } from './cgroups/sweep.ts'
import { readJson, replaceFile } from './durable-file.ts'
import { ImageStore } from './images/image-store.ts'
import { createImages, type Images } from './images/images.ts'
import { createInventory } from './inventory.ts'
import { isAttemptId, pathsOf } from './local-machine.ts'
import type { LocalMachine } from './local-machine.ts'
import { notify, warn } from './notify.ts'
import type { SandboxNetwork } from './sandbox/bubblewrap-words.ts'
import { findIsolation } from './sandbox/isolation.ts'
import type { IsolationFound, IsolationWanted } from './sandbox/isolation.ts'
import { PUBLIC_ONLY } from './sandbox/outbound-rules.ts'
import type { OutboundPolicy } from './sandbox/outbound-rules.ts'
import { readOwnAddresses } from './sandbox/outbound.ts'
import { createAddresses } from './service-port.ts'
import { createSharing } from './sharing.ts'
import { prepareShim } from './shim-program.ts'
import { createStops } from './stop.ts'
import { watchAttempts } from './watch.ts'

export interface LocalImages {
  readonly registries: readonly string[]
  /** Of one image, unpacked. */
  readonly imageBytesMax: number
  /** Of all that are kept. */
  readonly storeBytesMax: number
  readonly idleMs?: number
  readonly entriesMax?: number
}

export interface LocalEngineOptions {
  /** `<data dir>/engine`. */
  readonly directory: string
  /** The server's environment: commands get PATH, HOME and a few more of it, inventory its PATH. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The name of the only node. */
  readonly node?: string
  /** A name to look for on PATH, or a path. */
  readonly nvidiaSmi?: string
  /** How to keep customers apart. */
  readonly isolation?: IsolationWanted
  /** What sandboxed commands reach. */
  readonly network?: SandboxNetwork
  /** What a network that leads out leads to; the internet alone when absent. */
  readonly outbound?: OutboundPolicy | undefined
  /** This machine's own addresses, which no sandbox reaches; asked of the system when absent. */
  readonly ownAddresses?: () => readonly string[]
  /** Folders of this machine that every customer may read in its sandbox. */
  readonly shared?: readonly string[]
  /** Whether to make cgroups where the system allows it. */
  readonly cgroups?: CgroupsWanted
  /** How many slots share the machine; all that can exist when absent. */
  readonly slotCountOf?: (found: NodeInventory) => number
  /** What an attempt in a sandbox may have of memory for each of its slots; its share of the machine's when absent. */
  readonly memoryPerSlotBytes?: number | undefined
  /** How many processes and threads an attempt in a sandbox may have. */
  readonly processesMax?: number
  /** Which container images may be run, and how many are kept; none when absent. */
  readonly images?: LocalImages | undefined
}

export function createLocalEngine(options: LocalEngineOptions): Engine {
  const { directory, environment, node = 'local', nvidiaSmi = 'nvidia-smi' } = options
  const path = environment['PATH'] ?? '/usr/bin:/bin'
  const allowedCpus = readAllowedCpus()
  const memory = join(directory, '.gpus.json')
  const takeInventory = createInventory({
    ...{ node, path, nvidiaSmi, allowedCpus, memory },
    bootId: readBootId(),
  })
  const machine = createMachine(options, { allowedCpus, takeInventory })
  const attempts = createAttempts(machine)
  const stops = createStops(machine, attempts)
  const sharing = createSharing<void>()
  const sharingNotices = createSharing<NoticeDelivery>()
  const list = () => listAttempts(directory)
  const observeAll = async () => {
    const names = await list()
    return new Map(
      await Promise.all(names.map(async (name) => [name, await attempts.observe(name)] as const)),
    )
  }
  return {
    name: 'local',
    inventory: async () => {
      const { isolation, maker } = await machine.isolation()
      const registries = maker === null ? undefined : options.images?.registries
      const told = registries === undefined ? isolation : { ...isolation, registries }
      return [{ ...(await takeInventory()), isolation: told }]
    },
    admit: (admission) =>
      sharing(`admit ${admission.attemptId}`, () => admit(machine, attempts, admission)),
    warn: (attemptId, warning) => warn(machine, { attemptId, warning }),
    notify: (attemptId, notice) =>
      sharingNotices(`${attemptId} ${notice.time}`, () =>
        notify(machine, attempts, { attemptId, notice }),
      ),
    stop: stops.stop,
    address: createAddresses(machine, attempts),
    ...(machine.images ? { prepareImage: machine.images.prepare } : {}),
    observe: attempts.observe,
    confirmGone: async (attemptId) => standing(await attempts.observe(attemptId)),
    list: observeAll,
    foreign: () =>
      Promise.resolve({ bootId: machine.bootId, confirmedMs: monotonicMs(), work: [] }),
    watch: ({ attemptChanged }) => {
      void sweep(machine, attempts, list)
      return watchAttempts({ machine, attempts, stops, list }, attemptChanged)
    },
    // Nobody but Spillway starts work on its machine, so the book alone keeps work off it.
    drain: () => Promise.resolve(),
    resume: () => Promise.resolve(),
    usage: async (sinceMs) => usageOf(machine, await observeAll(), sinceMs),
    forget: (attemptId) => forget(machine, attempts, attemptId),
    log: async (attemptId) => {
      const { log } = pathsOf(machine, attemptId)
      return existsSync(log) ? { path: log } : null
    },
    artifacts: async (attemptId) => {
      const { artifacts } = pathsOf(machine, attemptId)
      return existsSync(artifacts) ? { path: artifacts } : null
    },
    discard: (attemptId) => discardFiles(pathsOf(machine, attemptId)),
  }
}

/** An attempt of which nothing is left on this machine is as gone as one whose end was recorded. */
function standing({ state }: Observation): 'gone' | 'present' | 'unknown' {
  if (state === 'unknown') return 'unknown'
  return state === 'gone' || state === 'absent' ? 'gone' : 'present'
}

async function usageOf(
  machine: LocalMachine,
  observations: ReadonlyMap<string, Observation>,
  sinceMs: number,
): Promise<readonly EngineUsage[]> {
  const usages = [...observations].map(async ([attemptId, seen]) => {
    if ((seen.state !== 'running' && seen.state !== 'gone') || seen.startedMs === null) return []
    const endedMs = seen.state === 'gone' ? seen.goneMs : null
    if (seen.bootId !== machine.bootId || (endedMs ?? sinceMs) < sinceMs) return []
    const record = await readJson<AdmissionRecord>(pathsOf(machine, attemptId).admission)
    const gpus = record?.admission.placements.flatMap(({ slots }) => slots).length ?? 0
    return [{ attemptId, bootId: seen.bootId, gpus, startedMs: seen.startedMs, endedMs }]
  })
  return (await Promise.all(usages)).flat()
}

/** Asked once, unless that fails. */
function once<Found>(find: () => Promise<Found>): () => Promise<Found> {
  let found: Promise<Found> | null = null
  return () => {
    found ??= find().catch((error: unknown) => {
      found = null
      throw error
    })
    return found
  }
}

interface Surroundings {
  readonly allowedCpus: readonly number[]
  readonly takeInventory: () => Promise<NodeInventory>
}

const PROCESSES_MAX = 4096

const IMAGE_TERMS = {
  idleMs: 30_000,
  pullMs: 3_600_000,
  entriesMax: 1_000_000,
  layersMax: 256,
} as const

function createMachine(
  options: LocalEngineOptions,
  { allowedCpus, takeInventory }: Surroundings,
): LocalMachine {
  const { directory, environment, memoryPerSlotBytes } = options
  const { slotCountOf = ({ slotCountMax }) => slotCountMax } = options
  const allowed = once(() => Promise.resolve(findCgroups(options.cgroups ?? 'auto')))
  const cgroups = once(async () => nameCgroups(directory, await allowed()))
  const table = createProcessTable()
  return {
    directory,
    environment,
    allowedCpus,
    cgroups,
    bootId: readBootId(),
    table,
    images: options.images ? openImages(options.images, { directory, table }) : null,
    shimWords: once(() => prepareShim(directory)),
    isolation: once(async () => findIsolationOf(options, await allowed())),
    limits: {
      memoryPerSlotBytes: memoryPerSlotBytes ?? null,
      processesMax: options.processesMax ?? PROCESSES_MAX,
      slotCount: once(async () => slotCountOf(await takeInventory())),
    },
  }
}

function openImages(
  { storeBytesMax, ...terms }: LocalImages,
  { directory, table }: Pick<LocalMachine, 'directory' | 'table'>,
): Images {
  const listUsed = async () => {
    const records = (await listAttempts(directory)).map((attemptId) =>
      readJson<AdmissionRecord>(attemptPaths(directory, attemptId).admission),
    )
    const digests = (await Promise.all(records)).map((record) => record?.admission.image?.digest)
    return new Set(digests.filter((digest) => digest !== undefined))
  }
  const folder = join(directory, '.images')
  const store = new ImageStore({ folder, table, listUsed, bytesMax: storeBytesMax })
  return createImages(store, { ...IMAGE_TERMS, ...terms })
}

function findIsolationOf(
  { directory, environment, ...options }: LocalEngineOptions,
  cgroups: CgroupsAllowed,
): Promise<IsolationFound> {
  return findIsolation({
    cgroups,
    wanted: options.isolation ?? 'auto',
    path: environment['PATH'] ?? '/usr/bin:/bin',
    outbound: {
      policy: options.outbound ?? PUBLIC_ONLY,
      ownAddresses: options.ownAddresses ?? readOwnAddresses,
    },
    sandboxes: {
      network: options.network ?? 'metadata',
      shared: options.shared ?? [],
      hidden: [dirname(resolve(directory))],
      folder: join(directory, '.sandbox'),
    },
  })
}

async function listAttempts(directory: string): Promise<readonly string[]> {
  if (!existsSync(directory)) return []
  const names = await readdir(directory)
  return names.filter((name) => {
    if (!isAttemptId(name)) return false
    const { admission, forgotten } = attemptPaths(directory, name)
    return existsSync(admission) && !existsSync(forgotten)
  })
}

/** The log stays, and what the command left in its working directory. */
async function forget(machine: LocalMachine, attempts: Attempts, attemptId: string): Promise<void> {
  const paths = pathsOf(machine, attemptId)
  if (!existsSync(paths.folder)) return
  if (!existsSync(paths.forgotten)) {
    const { state } = await attempts.observe(attemptId)
    assert(
      state === 'gone',
      `attempt ${attemptId} is ${state}: only one that is gone can be forgotten`,
    )
    const known = await readJson<AdmissionRecord>(paths.admission)
    await removeGroups(known?.groups?.groups.map(({ path }) => path))
    await replaceFile(paths.forgotten, {})
    await writeFile(paths.bell, '')
  }
  const { admission, secrets, claim, status, heartbeat, stopRequest, shimFailure, bell } = paths
  const record = [
    admission,
    secrets,
    claim,
    status,
    heartbeat,
    stopRequest,
    shimFailure,
    join(paths.folder, 'metadata'),
  ]
  for (const path of [...record, bell]) await rm(path, { recursive: true, force: true })
  await removeEmpty(paths)
}
