/** Whether cgroups with all limits can be made on the machine that runs the tests. */
import { findCgroups } from '../cgroups/cgroups.ts'

export function hasCgroups(): boolean {
  const { controllers } = findCgroups('auto')
  return controllers.includes('memory') && controllers.includes('pids')
}
