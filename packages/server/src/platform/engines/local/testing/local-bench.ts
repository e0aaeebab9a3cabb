/** A local engine in a folder of its own, for tests; ends what still runs there when the test is over. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Engine } from '#platform/engines/engine.ts'
import { type EngineBench, PROCESS_COMMANDS, untilGone } from '#platform/engines/testing/bench.ts'
import { createLocalEngine } from '../local-engine.ts'
import type { LocalEngineOptions } from '../local-engine.ts'

export interface LocalBench extends EngineBench {
  readonly directory: string
  /** The data folder around it. */
  readonly home: string
}

/** The engine over a folder, here and in a process of its own. */
export function openLocalEngine(
  directory: string,
  changes: Partial<LocalEngineOptions> = {},
): Engine {
  // Node lies where sandboxes do not look by themselves.
  const shared = [dirname(process.execPath)]
  const machine = { environment: process.env, nvidiaSmi: '/none' }
  return createLocalEngine({ directory, ...machine, shared, ...changes })
}

/** Runs the attempts of a customer, so in a sandbox. */
export const makeSandboxBench = () => makeLocalBench('customer')

export async function makeLocalBench(
  tenant: 'owner' | 'customer' = 'owner',
  changes: Partial<LocalEngineOptions> = {},
): Promise<LocalBench> {
  const home = await mkdtemp(join(tmpdir(), 'spillway-engine-'))
  const directory = join(home, 'engine')
  const make = () => openLocalEngine(directory, changes)
  const engine = make()
  return {
    engine,
    another: make,
    directory,
    home,
    nodes: ['local'],
    slotsPerNode: 2,
    acceleratorKind: 'cpu',
    tenant,
    commands: PROCESS_COMMANDS,
    controller: { module: import.meta.url, make: 'openLocalEngine', argument: directory },
    usageToleranceMs: 0,
    dispose: async () => {
      await endAll(engine)
      // A shim may still write its last word into the folder when its attempt is gone.
      await rm(home, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}

async function endAll(engine: Engine): Promise<void> {
  const names = [...(await engine.list()).keys()]
  await Promise.all(names.map((attemptId) => engine.stop(attemptId, 0)))
  await Promise.all(names.map((attemptId) => untilGone(engine, attemptId)))
}
