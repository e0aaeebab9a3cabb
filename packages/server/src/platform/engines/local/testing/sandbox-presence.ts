/** Whether sandboxes can be made on the machine that runs the tests. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LocalEngineOptions } from '../local-engine.ts'
import { openLocalEngine } from './local-bench.ts'

export async function hasSandboxes(changes: Partial<LocalEngineOptions> = {}): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-trial-'))
  const [node] = await openLocalEngine(join(folder, 'engine'), changes).inventory()
  await rm(folder, { recursive: true })
  return node?.isolation?.kind === 'sandbox'
}
