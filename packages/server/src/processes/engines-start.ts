/** Makes the engine of each pool that the fleet file declares. The one place that knows every kind of engine. */
import { join } from 'node:path'
import { autoSlotCount, type FleetFile, type FleetPool } from '#modules/fleet/index.ts'
import { createEngines, type Engine, type Engines } from '#platform/engines/engine.ts'
import { guardEngine } from '#platform/engines/guarded-engine.ts'
import { createLocalEngine } from '#platform/engines/local/local-engine.ts'
import { createSimulatedEngine } from '#platform/engines/simulated/simulated-engine.ts'
import { createSlurmEngine } from '#platform/engines/slurm/slurm-engine.ts'
import {
  ENGINE_ANSWER_WITHIN_MS,
  ENGINE_CALLS_HANGING_MAX,
  ENGINE_SLOW_AFTER_MS,
} from '../limits.ts'

export interface EngineSurroundings {
  readonly dataDir: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

type SimulatedPool = Extract<FleetPool, { engine: 'simulated' }>

function createSimulated({ name, accelerator, simulated }: SimulatedPool, dataDir: string): Engine {
  const { preemption, anchor, ...layout } = simulated
  return createSimulatedEngine({
    directory: join(dataDir, 'simulated', name),
    layout: {
      ...layout,
      prefix: name,
      hardware: accelerator === 'auto' ? 'GPU' : accelerator,
      preemptionGraceMs: preemption.graceMs,
      killWaitMs: preemption.killWaitMs,
      anchor: anchor ?? null,
    },
  })
}

type SlurmPool = Extract<FleetPool, { engine: 'slurm' }>

function createSlurm({ slurm }: SlurmPool, environment: EngineSurroundings['environment']): Engine {
  const { account, user, cpusPerGpu, memoryMbPerGpu, conf, node, workFolder, qos, ...rest } = slurm
  const named = Object.entries(qos).flatMap(([kind, name]) => (name ? [[kind, name] as const] : []))
  return createSlurmEngine({
    directory: workFolder,
    environment,
    conf: conf ?? null,
    node: node ?? null,
    submission: {
      ...rest,
      account: account ?? null,
      qos: Object.fromEntries(named),
      user: user ?? null,
      cpusPerGpu: cpusPerGpu ?? null,
      memoryMbPerGpu: memoryMbPerGpu ?? null,
    },
  })
}

function createEngine(pool: FleetPool, { dataDir, environment }: EngineSurroundings): Engine {
  if (pool.engine === 'simulated') return createSimulated(pool, dataDir)
  if (pool.engine === 'slurm') return createSlurm(pool, environment)
  const { nodes, isolation, network, outbound, shared, memoryPerSlot, images } = pool
  const [machine] = nodes
  return createLocalEngine({
    directory: join(dataDir, 'engine'),
    environment,
    node: machine?.name ?? 'local',
    slotCountOf: (found) =>
      typeof machine?.slots === 'number' ? machine.slots : autoSlotCount(found),
    memoryPerSlotBytes: memoryPerSlot,
    images: images && {
      registries: images.registries,
      imageBytesMax: images.largest,
      storeBytesMax: images.keep,
    },
    ...{ isolation, network, outbound, shared },
  })
}

const LIMITS = {
  answerWithinMs: ENGINE_ANSWER_WITHIN_MS,
  slowAfterMs: ENGINE_SLOW_AFTER_MS,
  hangingMax: ENGINE_CALLS_HANGING_MAX,
}

export function createEnginesOf(fleet: FleetFile, surroundings: EngineSurroundings): Engines {
  const pools = fleet.sites.flatMap((site) => site.pools)
  return createEngines(
    new Map(
      pools.map((pool) => [pool.name, guardEngine(createEngine(pool, surroundings), LIMITS)]),
    ),
  )
}
