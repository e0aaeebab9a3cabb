/** A simulated engine in a folder of its own, for tests. Whoever needs a fleet that fails on demand takes it from here. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BenchCommands, EngineBench } from '#platform/engines/testing/bench.ts'
import type { ClusterLayout } from '../event.ts'
import { createSimulatedEngine, type SimulatedEngine } from '../simulated-engine.ts'

/** Four nodes with four slots each, in two racks of one fabric; nothing happens by itself. */
export const SMALL_LAYOUT: ClusterLayout = {
  prefix: 'sim',
  nodes: 4,
  slotsPerNode: 4,
  hardware: 'NVIDIA H200',
  nodesPerRack: 2,
  racksPerFabric: 2,
  preemptionGraceMs: 100,
  killWaitMs: 100,
  seed: 1,
  anchor: null,
  faults: { nodeDownsPerNodeYear: 0, slotFaultsPerSlotYear: 0, repairMinutes: 60 },
}

export const SIMULATED_COMMANDS: BenchCommands = {
  exitWith: (code) => ['exit', String(code)],
  runForever: () => ['sh', '-c', 'echo up; run'],
  ignoreStop: () => ['sh', '-c', 'ignore-term; echo up; run'],
  exitOnStop: (code) => ['sh', '-c', `on-term exit ${code}; echo up; run`],
  tellNotices: () => ['sh', '-c', 'on-term exit 0; echo up; run'],
  print: (text) => ['echo', text],
  missing: () => ['start-fail', 'it is not there'],
  startSlowly: () => ['sh', '-c', 'start-delay 1h; echo up; run'],
}

export interface SimulatedBench extends EngineBench {
  readonly directory: string
  readonly engine: SimulatedEngine
}

/** The engine over a folder, here and in a process of its own. */
export function openSimulatedEngine(directory: string): SimulatedEngine {
  return createSimulatedEngine({ directory })
}

export async function makeSimulatedBench(layout = SMALL_LAYOUT): Promise<SimulatedBench> {
  const directory = await mkdtemp(join(tmpdir(), 'spillway-simulated-'))
  const engine = createSimulatedEngine({ directory, layout })
  const { controls } = engine
  const [first = '', ...rest] = (await engine.inventory()).map(({ node }) => node)
  return {
    engine,
    another: () => openSimulatedEngine(directory),
    directory,
    nodes: [first, ...rest],
    slotsPerNode: layout.slotsPerNode,
    acceleratorKind: 'gpu',
    commands: SIMULATED_COMMANDS,
    controller: { module: import.meta.url, make: 'openSimulatedEngine', argument: directory },
    usageToleranceMs: 0,
    foreign: { submit: controls.submitForeign, end: controls.endForeign, preempts: true },
    nodeFaults: { lose: controls.loseNode, bringBack: controls.bringNodeBack },
    outage: { begin: controls.failEngine, end: controls.bringEngineBack },
    dispose: () => rm(directory, { recursive: true, force: true }),
  }
}
