/** What this machine has to sell: its GPUs as `nvidia-smi` lists them, otherwise CPU slots, and it says which. */
import { execFile } from 'node:child_process'
import { cpus } from 'node:os'
import type { NodeInventory } from '#platform/engines/engine.ts'
import { findProgram } from '#platform/processes/program-path.ts'
import { SLOTS_PER_CPU } from './command-environment.ts'
import { NVIDIA_SMI_ARGUMENTS, describeGpus, parseNvidiaSmi } from './nvidia-smi.ts'
import type { GpuListing, ProgramResult } from './nvidia-smi.ts'

/** Without its persistence daemon the driver takes seconds to wake up. */
const NVIDIA_SMI_TIMEOUT_MS = 20_000

/** Who takes this inventory runs on the node, so the node is up. */
const ANSWERS = { rack: null, fabric: null, health: { state: 'up' }, faults: [] } as const

export interface InventoryPlace {
  readonly node: string
  /** The PATH variable. */
  readonly path: string
  /** A name to look for on PATH, or a path. */
  readonly nvidiaSmi: string
  readonly allowedCpus: readonly number[]
}

export async function takeInventory(place: InventoryPlace): Promise<NodeInventory> {
  const listing = await listGpus(place)
  if (listing.kind === 'none') return cpuInventory(place, listing.text)
  // Slot n is the GPU of index n, so the slots end before the first card that cannot be addressed.
  const gpus = listing.gpus.filter((gpu, position) => gpu.index === position)
  const left = listing.gpus.length - gpus.length
  const gap = left === 0 ? '' : `, and ${left} more after GPU ${gpus.length}, which does not answer`
  return {
    node: place.node,
    acceleratorKind: 'gpu',
    slotCountMax: gpus.length,
    hardware: describeGpus(gpus),
    finding: `nvidia-smi lists ${count(gpus.length, 'GPU')}${gap}`,
    ...ANSWERS,
  }
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
    ...ANSWERS,
  }
}

async function listGpus({ nvidiaSmi, path }: InventoryPlace): Promise<GpuListing> {
  const search = findProgram(nvidiaSmi, { path, directory: '/' })
  if (search.kind !== 'found') return { kind: 'none', text: 'no nvidia-smi on PATH' }
  const listing = parseNvidiaSmi(await runNvidiaSmi(search.path, path))
  return listing.kind === 'gpus'
    ? listing
    : { kind: 'none', text: `nvidia-smi found no GPU (${listing.text})` }
}

function runNvidiaSmi(program: string, path: string): Promise<ProgramResult> {
  const options = { timeout: NVIDIA_SMI_TIMEOUT_MS, env: { PATH: path, LC_ALL: 'C' } }
  return new Promise((resolve) => {
    execFile(program, NVIDIA_SMI_ARGUMENTS, options, (error, stdout, stderr) => {
      // A driver that does not answer is a finding, not a failure: the text goes to the operator.
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : null
      resolve({ exitCode, stdout: stdout === '' ? stderr : stdout })
    })
  })
}

function count(quantity: number, noun: string): string {
  return `${quantity} ${noun}${quantity === 1 ? '' : 's'}`
}
