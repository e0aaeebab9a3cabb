/** A local engine in a folder of its own, for tests; ends what still runs there when the test is over. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Engine } from '#platform/engines/engine.ts'
import { createLocalEngine } from '../local-engine.ts'
import type { EngineBench } from './engine-conformance.ts'
import { untilGone } from './engine-conformance.ts'

export interface LocalBench extends EngineBench {
  readonly directory: string
}

export async function makeLocalBench(): Promise<LocalBench> {
  const directory = await mkdtemp(join(tmpdir(), 'spillway-engine-'))
  const make = () => createLocalEngine({ directory, environment: process.env, nvidiaSmi: '/none' })
  const engine = make()
  return {
    engine,
    another: make,
    directory,
    node: 'local',
    acceleratorKind: 'cpu',
    dispose: async () => {
      await endAll(engine)
      // A shim may still write its last word into the folder when its attempt is gone.
      await rm(directory, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}

async function endAll(engine: Engine): Promise<void> {
  const names = [...(await engine.list()).keys()]
  await Promise.all(names.map((attemptId) => engine.stop(attemptId, 0)))
  await Promise.all(names.map((attemptId) => untilGone(engine, attemptId)))
}
