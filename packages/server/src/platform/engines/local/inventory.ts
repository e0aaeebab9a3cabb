/** What this machine has to sell: its GPUs as `nvidia-smi` lists them, otherwise CPU slots, and it says which. */
import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { cpus } from 'node:os'
import { dirname } from 'node:path'
import type { NodeInventory, SlotFault } from '#platform/engines/engine.ts'
import { findProgram } from '#platform/processes/program-path.ts'
import { SLOTS_PER_CPU } from './command-environment.ts'
import { readDcgm } from './dcgm.ts'
import { readJson, replaceFileSynced } from './durable-file.ts'
import { findFaults, GPU_HEALTH_ARGUMENTS, type GpuReadings, parseGpuHealth } from './gpu-health.ts'
import { NVIDIA_SMI_ARGUMENTS, describeGpus, parseNvidiaSmi } from './nvidia-smi.ts'
import type { Gpu, GpuListing, ProgramResult } from './nvidia-smi.ts'
import { NO_XIDS, readXids, secondsOf } from './xid-log.ts'

/** Without its persistence daemon the driver takes seconds to wake up. */
const PROGRAM_TIMEOUT_MS = 10_000
/** The largest log that a kernel keeps by default on a large machine, and more. */
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024

/** Who takes this inventory runs on the node, so the node is up. */
const ANSWERS = { rack: null, fabric: null, health: { state: 'up' } } as const

export interface InventoryPlace {
  readonly node: string
  /** The PATH variable. */
  readonly path: string
  /** A name to look for on PATH, or a path. */
  readonly nvidiaSmi: string
  readonly allowedCpus: readonly number[]
  /** A file that remembers the GPUs there were, so that one that is lost before a start is missed; null for none. */
  readonly memory: string | null
  /** The boot of this machine, from which its kernel counts. */
  readonly bootId: string
}

export async function takeInventory(place: InventoryPlace): Promise<NodeInventory> {
  return createInventory(place)()
}

/**
 * Takes the inventory again and again, and remembers the GPUs that there were, over restarts too: one that is not listed
 * any more is lost and not forgotten, and a driver that fails does not turn a machine with GPUs into one without. As many
 * as there were are taken for what is there now: a card was exchanged.
 */
export function createInventory(place: InventoryPlace): () => Promise<NodeInventory> {
  let known: readonly Gpu[] | null = null
  let xids = NO_XIDS
  const healthNow = async (listing: GpuListing) => {
    if (listing.kind === 'none') return { faults: [] }
    xids = readXids(await readKernelLog(place), xids)
    const { bootId } = place
    const gpus = { known: known ?? [], now: listing.gpus, xids: xids.byBus, bootId }
    const listed = await faultsOf(place, gpus)
    const dcgm = await readDcgm((words) => askProgram('dcgmi', place, words), gpus.known)
    return {
      faults: [...listed, ...dcgm.faults],
      readings: dcgm.readings,
      registeredAt: { bootId, seconds: xids.loaded === null ? 0 : secondsOf(xids.loaded) },
    }
  }
  return async () => {
    known ??= await recall(place)
    const listing = await listGpus(place)
    if (known.length === 0 || (listing.kind === 'gpus' && isWhole(listing.gpus, known))) {
      const inventory = firstInventory(place, listing)
      if (listing.kind === 'gpus') {
        const before = known
        known = listing.gpus.slice(0, inventory.slotCountMax)
        await remember(place, before, known)
      }
      return { ...inventory, ...(await healthNow(listing)) }
    }
    const gpus = gpuInventory(place, known)
    if (listing.kind === 'none') {
      const taken = `if its ${count(known.length, 'GPU')} were taken out, remove ${place.memory}`
      const reason = `${listing.text}${place.memory === null ? '' : `; ${taken}`}`
      return { ...gpus, health: { state: 'down', reason } }
    }
    return { ...gpus, ...(await healthNow(listing)) }
  }
}

/** Whether at least as many can be addressed as there were. */
function isWhole(gpus: readonly Gpu[], known: readonly Gpu[]): boolean {
  return gpus.filter((gpu, position) => gpu.index === position).length >= known.length
}

async function recall({ memory }: InventoryPlace): Promise<readonly Gpu[]> {
  return (memory === null ? null : await readJson<readonly Gpu[]>(memory)) ?? []
}

async function remember(
  { memory }: InventoryPlace,
  before: readonly Gpu[],
  known: readonly Gpu[],
): Promise<void> {
  const uuidsOf = (gpus: readonly Gpu[]) => gpus.map(({ uuid }) => uuid).join()
  if (memory === null || uuidsOf(before) === uuidsOf(known)) return
  await mkdir(dirname(memory), { recursive: true, mode: 0o700 })
  await replaceFileSynced(memory, known)
}

async function faultsOf(
  place: InventoryPlace,
  readings: Omit<GpuReadings, 'health'>,
): Promise<readonly SlotFault[]> {
  const answer = await askProgram(place.nvidiaSmi, place, GPU_HEALTH_ARGUMENTS)
  return findFaults({ ...readings, health: answer ? parseGpuHealth(answer) : [] })
}

/** Empty where the system lets only root read it: then nothing is known, which is no fault. */
async function readKernelLog({ path }: InventoryPlace): Promise<string> {
  const search = findProgram('dmesg', { path, directory: '/' })
  if (search.kind !== 'found') return ''
  const { exitCode, stdout } = await runProgram(search.path, { path, words: [] })
  return exitCode === 0 ? stdout : ''
}

function gpuInventory({ node }: InventoryPlace, gpus: readonly Gpu[]): NodeInventory {
  return {
    node,
    acceleratorKind: 'gpu',
    slotCountMax: gpus.length,
    hardware: describeGpus(gpus),
    finding: `nvidia-smi lists ${count(gpus.length, 'GPU')}`,
    faults: [],
    ...ANSWERS,
  }
}

function firstInventory(place: InventoryPlace, listing: GpuListing): NodeInventory {
  if (listing.kind === 'none') return cpuInventory(place, listing.text)
  // Slot n is the GPU of index n, so the slots end before the first card that cannot be addressed.
  const gpus = listing.gpus.filter((gpu, position) => gpu.index === position)
  const left = listing.gpus.length - gpus.length
  const gap = left === 0 ? '' : `, and ${left} more after GPU ${gpus.length}, which does not answer`
  const inventory = gpuInventory(place, gpus)
  return { ...inventory, finding: `${inventory.finding}${gap}` }
}

function cpuInventory({ node, allowedCpus }: InventoryPlace, reason: string): NodeInventory {
  const slotCountMax = allowedCpus.length * SLOTS_PER_CPU
  const cpuCount = count(allowedCpus.length, 'logical CPU')
  const stand = allowedCpus.length === 1 ? 'stands' : 'stand'
  return {
    node,
    acceleratorKind: 'cpu',
    slotCountMax,
    hardware: `${cpuCount}, ${cpus()[0]?.model.trim() ?? 'unknown model'}`,
    finding: `${reason}: ${cpuCount} ${stand} in as ${slotCountMax} CPU slots`,
    faults: [],
    ...ANSWERS,
  }
}

async function listGpus(place: InventoryPlace): Promise<GpuListing> {
  const answer = await askProgram(place.nvidiaSmi, place, NVIDIA_SMI_ARGUMENTS)
  if (answer === null) return { kind: 'none', text: 'no nvidia-smi on PATH' }
  const listing = parseNvidiaSmi(answer)
  return listing.kind === 'gpus'
    ? listing
    : { kind: 'none', text: `nvidia-smi found no GPU (${listing.text})` }
}

/** Null where there is no such program. */
async function askProgram(
  name: string,
  { path }: InventoryPlace,
  words: readonly string[],
): Promise<ProgramResult | null> {
  const search = findProgram(name, { path, directory: '/' })
  return search.kind === 'found' ? runProgram(search.path, { path, words }) : null
}

function runProgram(
  program: string,
  { path, words }: { readonly path: string; readonly words: readonly string[] },
): Promise<ProgramResult> {
  const options = {
    timeout: PROGRAM_TIMEOUT_MS,
    maxBuffer: OUTPUT_BYTES_MAX,
    env: { PATH: path, LC_ALL: 'C' },
  }
  return new Promise((resolve) => {
    execFile(program, [...words], options, (error, stdout, stderr) => {
      // A driver that does not answer is a finding, not a failure: the text goes to the operator.
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : null
      resolve({ exitCode, stdout: stdout === '' ? stderr : stdout })
    })
  })
}

function count(quantity: number, noun: string): string {
  return `${quantity} ${noun}${quantity === 1 ? '' : 's'}`
}
