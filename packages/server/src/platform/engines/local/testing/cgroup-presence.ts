/** Whether cgroups with all limits can be made on the machine that runs the tests. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findCgroups } from '../cgroups/cgroups.ts'

export async function hasCgroups(): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-trial-'))
  const { controllers } = await findCgroups(join(folder, 'engine'), 'auto')
  await rm(folder, { recursive: true })
  return controllers.includes('memory') && controllers.includes('pids')
}
